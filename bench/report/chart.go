package report

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Panel is one of the diagrams of a chart: bars in groups, whose heights are medians. A
// line at 1 shows where nobody is better than the other.
type Panel struct {
	Title string
	// Labels name the groups.
	Labels []string
	// Series are the bars of one colour.
	Series []Series
}

// A Series is one bar in each group.
type Series struct {
	Name string
	// Figures are the names of the figures, one for each group.
	Figures []string
}

// The looks of a chart.
const (
	panelWidth  = 9.5 * vg.Centimeter
	panelHeight = 7 * vg.Centimeter
	groupWidth  = 1.2 * vg.Centimeter // all bars of a group together
	margin      = 0.3 * vg.Centimeter
)

var colours = []color.Color{
	color.RGBA{0x9e, 0xc1, 0xcf, 0xff}, color.RGBA{0x4a, 0x8f, 0xb0, 0xff}, color.RGBA{0x1b, 0x4f, 0x72, 0xff},
}

// Chart draws the panels side by side, as SVG.
func (r *Report) Chart(w io.Writer, panels ...Panel) error {
	plots := make([]*plot.Plot, len(panels))
	for i, panel := range panels {
		var err error
		if plots[i], err = r.draw(panel); err != nil {
			return err
		}
	}
	img := vgsvg.New(vg.Length(len(panels))*panelWidth, panelHeight)
	tiles := draw.Tiles{
		Rows: 1, Cols: len(panels), PadX: 2 * margin,
		PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: margin,
	}
	canvas := draw.New(img)
	canvas.FillPolygon(color.White, canvas.ClipPolygonXY([]vg.Point{
		{X: canvas.Min.X, Y: canvas.Min.Y},
		{X: canvas.Max.X, Y: canvas.Min.Y},
		{X: canvas.Max.X, Y: canvas.Max.Y},
		{X: canvas.Min.X, Y: canvas.Max.Y},
	}))
	for i, row := range plot.Align([][]*plot.Plot{plots}, tiles, canvas)[0] {
		plots[i].Draw(row)
	}
	_, err := img.WriteTo(w)
	return err
}

func (r *Report) draw(panel Panel) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = panel.Title
	p.Title.Padding = margin
	p.Y.Min = 0
	p.Legend.Top = true
	p.NominalX(panel.Labels...)
	width := groupWidth / vg.Length(len(panel.Series))
	top := 1.0
	for i, series := range panel.Series {
		values := make(plotter.Values, len(series.Figures))
		for j, name := range series.Figures {
			values[j] = r.Median(name)
			top = max(top, values[j])
		}
		bars, err := plotter.NewBarChart(values, width)
		if err != nil {
			return nil, err
		}
		bars.Color = colours[i%len(colours)]
		bars.LineStyle.Width = 0
		bars.Offset = width * (vg.Length(i) - vg.Length(len(panel.Series)-1)/2)
		p.Add(bars)
		p.Legend.Add(series.Name, bars)
	}
	same := plotter.NewFunction(func(float64) float64 { return 1 })
	same.Dashes = []vg.Length{vg.Points(3), vg.Points(3)}
	p.Add(same)
	p.Y.Max = 1.35 * top // room for the legend
	return p, nil
}
