// Package export is the action zookeeper_export: it writes a tree to a file, as JSON that a
// configuration takes back.
package export
