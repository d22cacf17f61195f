package report

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	t.Parallel()
	var r Report
	fast, small := Figure{Name: "fast", Best: Higher, Goal: 2}, Figure{Name: "small", Best: Lower, Goal: 2}
	for _, v := range []float64{3, 1, 2, 4} {
		r.Add(fast, v)
		r.Add(small, v)
	}
	r.AddLimit("fast", 7.25)
	if first, median, third := r.Quartiles("fast"); first != 1.75 || median != 2.5 || third != 3.25 {
		t.Errorf("quartiles %v, %v, %v", first, median, third)
	}
	if !r.Reached(fast) || r.Reached(small) {
		t.Error("2.5 is at least 2 and not at most 2")
	}
	if first, median, third := r.Quartiles("none"); first != 0 || median != 0 || third != 0 {
		t.Errorf("quartiles of nothing: %v, %v, %v", first, median, third)
	}
	var table, json strings.Builder
	if err := r.Table(&table); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(table.String(), "2.50"); got != 2 || !strings.Contains(table.String(), "missed") || !strings.Contains(table.String(), "7.25") {
		t.Errorf("the table is\n%s", &table)
	}
	if err := r.Load(strings.NewReader(`{"fast": 1, "slow": 7}`)); err != nil || r.Median("slow") != 7 || r.Median("fast") != 2.5 {
		t.Errorf("behind an earlier report: %v, %v, %v", r.Median("slow"), r.Median("fast"), err)
	}
	if err := r.JSON(&json); err != nil || !strings.Contains(json.String(), `"slow": 7`) || !strings.Contains(json.String(), `"fast": 2.5`) {
		t.Errorf("the JSON is %s (%v)", &json, err)
	}
}
