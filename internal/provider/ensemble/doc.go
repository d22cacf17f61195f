// Package ensemble is zookeeper_ensemble: the data source that tells which servers an ensemble has, and what each of
// them says of itself.
package ensemble
