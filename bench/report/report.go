package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Better says which of two values of a figure is the better one.
type Better int

// The two kinds of figures.
const (
	Higher Better = iota
	Lower
)

// A Figure is something that was measured.
type Figure struct {
	// Name is unique, and is the key in the JSON.
	Name string
	// Best says in which direction the goal lies.
	Best Better
	// Goal is what the median has to reach; 0 for a figure that is only told.
	Goal float64
}

// A Report holds the values that figures had, one for each time that they were measured.
// The zero Report is empty.
type Report struct {
	figures []Figure
	values  map[string][]float64
	limits  map[string][]float64
	earlier map[string]float64
}

// Load takes up the medians that [Report.JSON] wrote once. They stand for the figures that are
// not measured again.
func (r *Report) Load(from io.Reader) error { return json.NewDecoder(from).Decode(&r.earlier) }

// Median returns the median of a figure, of an earlier report where it was not measured;
// 0 where it never was.
func (r *Report) Median(name string) float64 {
	if _, median, _ := r.Quartiles(name); median != 0 {
		return median
	}
	return r.earlier[name]
}

// Add adds a value of a figure.
func (r *Report) Add(f Figure, value float64) {
	if r.values == nil {
		r.values = make(map[string][]float64)
	}
	if _, ok := r.values[f.Name]; !ok {
		r.figures = append(r.figures, f)
	}
	r.values[f.Name] = append(r.values[f.Name], value)
}

// AddLimit adds a value that a figure could have had at best, measured at the same time.
func (r *Report) AddLimit(name string, value float64) {
	if r.limits == nil {
		r.limits = make(map[string][]float64)
	}
	r.limits[name] = append(r.limits[name], value)
}

// Quartiles returns the quartiles of a figure's values, the second of which is the median;
// zeros for one that was not measured.
func (r *Report) Quartiles(name string) (first, median, third float64) {
	return quartiles(r.values[name])
}

func quartiles(values []float64) (first, median, third float64) {
	v := slices.Sorted(slices.Values(values))
	if len(v) == 0 {
		return 0, 0, 0
	}
	at := func(share float64) float64 {
		place := share * float64(len(v)-1)
		i := int(place)
		j := min(i+1, len(v)-1)
		return v[i] + (place-float64(i))*(v[j]-v[i])
	}
	return at(0.25), at(0.5), at(0.75)
}

// Reached reports whether the median is as good as the goal.
func (r *Report) Reached(f Figure) bool {
	_, median, _ := r.Quartiles(f.Name)
	if f.Best == Higher {
		return median >= f.Goal
	}
	return median <= f.Goal
}

// Table writes each figure's median, the quartiles around it, the median of its limit where
// it has one, and its goal.
func (r *Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "figure\tmedian\tquartiles\tlimit\tgoal\t")
	for _, f := range r.figures {
		first, median, third := r.Quartiles(f.Name)
		limit := ""
		if of := r.limits[f.Name]; len(of) > 0 {
			_, best, _ := quartiles(of)
			limit = fmt.Sprintf("%.2f", best)
		}
		_, _ = fmt.Fprintf(t, "%s\t%.2f\t%.2f–%.2f\t%s\t%s\t\n", f.Name, median, first, third, limit, r.goal(f))
	}
	return t.Flush()
}

func (r *Report) goal(f Figure) string {
	if f.Goal == 0 {
		return ""
	}
	sign := map[Better]string{Higher: "≥", Lower: "≤"}[f.Best]
	said := "reached"
	if !r.Reached(f) {
		said = "missed"
	}
	return fmt.Sprintf("%s %g %s", sign, f.Goal, said)
}

// JSON writes the medians by the names of the figures.
func (r *Report) JSON(w io.Writer) error {
	medians := maps.Clone(r.earlier)
	if medians == nil {
		medians = make(map[string]float64, len(r.figures))
	}
	for _, f := range r.figures {
		medians[f.Name] = r.Median(f.Name)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(medians)
}
