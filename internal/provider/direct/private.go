package direct

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// private is a private state, as the framework stores it: an object whose values are JSON in
// base64.
type private map[string][]byte

// loadPrivate reads a private state; false for one that has something of the framework's, or
// that the framework has to say something about.
func loadPrivate(from []byte) (private, bool) {
	p := make(private)
	if len(from) == 0 {
		return p, true
	}
	if json.Unmarshal(from, &p) != nil || p == nil {
		return nil, false
	}
	for key, value := range p {
		if !ours(key, value) || len(value) == 0 {
			return nil, false
		}
	}
	return p, true
}

// ours reports whether the provider may store a value with a key: the framework's own keys begin
// with a dot, and it takes JSON in UTF-8.
func ours(key string, value []byte) bool {
	return !strings.HasPrefix(key, ".") && utf8.Valid(value) && json.Valid(value)
}

// bytes is how it is stored.
func (p private) bytes() ([]byte, error) {
	if len(p) == 0 {
		return nil, nil
	}
	return json.Marshal(map[string][]byte(p))
}

// GetKey returns JSON; nil where there is none.
func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

// SetKey takes JSON; nil takes the key away.
func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	switch {
	case len(value) == 0:
		delete(p, key)
	case !ours(key, value):
		return diag.Diagnostics{diag.NewErrorDiagnostic("State cannot be written", fmt.Sprintf("%s of the private state is no JSON, or not the provider's to write. This is a bug in the provider.", key))}
	default:
		p[key] = value
	}
	return nil
}
