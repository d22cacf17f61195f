package client

import (
	"fmt"

	"terraform-provider-zookeeper/bench/report"
)

// Panels are the figures worth a picture.
func Panels() []report.Panel {
	panels := []report.Panel{
		{Title: "Throughput, times go-zookeeper's", Labels: kinds},
		{Title: "CPU time per operation, times go-zookeeper's", Labels: kinds},
		{
			Title:  "Many nodes, times go-zookeeper's 256 callers",
			Labels: []string{"read 10,000", "create 5,000"},
			Series: []report.Series{{Name: "one call", Figures: []string{"read-many", "create-many"}}},
		},
	}
	for i, name := range []string{"throughput", "cpu"} {
		for _, callers := range callers[1:] {
			series := report.Series{Name: fmt.Sprintf("%d callers", callers)}
			for _, kind := range kinds {
				series.Figures = append(series.Figures, figureName(name, kind, callers))
			}
			panels[i].Series = append(panels[i].Series, series)
		}
	}
	return panels
}
