package attr

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// DataValues shows a node's content in both notations. Content that is not UTF-8 has no
// text: the first value is null then, never a text with replacement characters. A node
// that was created without any data shows as an empty one.
func DataValues(data []byte) (text, b64 types.String) {
	b64 = types.StringValue(base64.StdEncoding.EncodeToString(data))
	if !utf8.Valid(data) {
		return types.StringNull(), b64
	}
	return types.StringValue(string(data)), b64
}

// Text is a text that was read from a server, for a computed attribute; null where it is not UTF-8.
func Text(s string) types.String {
	if !utf8.ValidString(s) {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// EmptyDescription says in the pages of resources what an empty node is.
const EmptyDescription = "An empty node has data of no bytes. That is not ZooKeeper's null, which some programs tell from it: the provider never writes null, reads it as empty, and leaves a node that has it as it is where empty data is declared."

// ContentOf is what `data` or `data_base64` has, whichever is set; empty where neither is.
func ContentOf(text, b64 types.String) ([]byte, error) {
	switch {
	case !b64.IsNull():
		return DecodeBase64(b64.ValueString())
	case !text.IsNull():
		return []byte(text.ValueString()), CheckText(text.ValueString())
	}
	return []byte{}, nil // and not null
}

// DecodeBase64 reads base64 in its one standard notation (RFC 4648 with padding). Others
// are refused, because what comes back from the server is in the standard one and would
// be a difference in every plan.
func DecodeBase64(s string) ([]byte, error) {
	data, err := base64.StdEncoding.Strict().DecodeString(s)
	corrupt, ok := errors.AsType[base64.CorruptInputError](err)
	switch {
	case ok && len(s)%4 != 0:
		return nil, fmt.Errorf("its length, %d, is no multiple of 4: it was cut, or its padding (=) is missing", len(s))
	case ok:
		return nil, fmt.Errorf("it is wrong from character %d of %d on", int64(corrupt)+1, len(s))
	case err != nil:
		return nil, err
	case base64.StdEncoding.EncodeToString(data) != s:
		return nil, errors.New("it has line breaks, which are not allowed here: remove them, for example with replace(…, \"\\n\", \"\")")
	}
	return data, nil
}

// Base64 validates standard base64.
func Base64() validator.String { return base64Validator{} }

type base64Validator struct{}

var _ validator.String = base64Validator{}

// Description says what is valid.
func (base64Validator) Description(context.Context) string { return "must be standard base64" }

// MarkdownDescription says what is valid.
func (v base64Validator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString checks a value that is known. What is wrong is described by position,
// never by content: the value may be a secret.
func (base64Validator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := DecodeBase64(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid base64",
			"The value is no standard base64: "+err.Error()+". base64encode(…) and filebase64(…) give the right notation.")
	}
}
