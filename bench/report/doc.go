// Package report keeps the figures of a benchmark and writes them as a table, as JSON and as
// a chart.
//
// It measures nothing, and knows of no aim.
package report
