// Package guard stands between the client and what it takes from outside: the files that a
// user names, and what decoders of other people's making do with bytes of others. A file is
// a regular one of a bounded size, and a decoder that panics has met something malformed.
package guard

import "errors"

// errMalformed is what [Decode] returns of a decoder that panics.
var errMalformed = errors.New("malformed")

// Decode calls a decoder and returns its error, and an error as well when it panics: some
// index what they were given without a look at its length. What it was given has to be
// bounded, and so has the work and the memory that it may ask for, which no recover mends.
func Decode(decoder func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errMalformed
		}
	}()
	return decoder()
}
