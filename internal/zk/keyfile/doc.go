// Package keyfile reads certificates and private keys in the forms in which people have them:
// PEM as openssl, cert-manager and Windows write it, and the key stores and trust stores of
// Java, JKS and PKCS #12.
//
// What a file asks for is bounded before it is done, and decoders that are not ours run in
// [guard.Decode]. No error has a key or a password in it.
package keyfile

import "errors"

var (
	// ErrNoPassword tells that what a file holds is encrypted, and that there is no password.
	ErrNoPassword = errors.New("there is no password")
	// ErrWrongPassword tells that a password does not fit what is encrypted with it, or that
	// this is damaged: which of the two cannot be told.
	ErrWrongPassword = errors.New("the password is wrong")
)

// An UnsupportedError tells that a file is in a form, or encrypted by a scheme, that is not
// read here. No password helps.
type UnsupportedError struct {
	// What names it, and says what to make of it, as in "encryption by …".
	What string
}

// Error names what is not supported.
func (e *UnsupportedError) Error() string { return e.What }

func unsupported(what string) error { return &UnsupportedError{what} }
