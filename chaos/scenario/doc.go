// Package scenario makes of a number all that a round is to do: the configurations, the runs of
// the CLI, and the faults of each, bound to events and not to the time.
package scenario
