// Package jute encodes and decodes the primitives of ZooKeeper's record format
// (Apache ZooKeeper's "jute", org.apache.jute.BinaryOutputArchive and
// BinaryInputArchive).
//
// All numbers are big endian. A boolean is one byte, an int four, a long eight. A
// buffer and a string are an int length and that many bytes; the length -1 is null. A
// vector is an int count and its elements; the count -1 is null.
//
// Encoding appends to a byte slice that the caller owns and cannot fail. Decoding goes
// through a [Reader], whose first error sticks: a decoder reads all of its fields and
// asks once, at the end. Nothing here panics or allocates more than the input holds,
// whatever the input is.
package jute
