package functions

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

// DecodeInt is the function decode_int.
type DecodeInt struct{}

var _ function.Function = DecodeInt{}

// NewDecodeInt returns the function.
func NewDecodeInt() function.Function { return DecodeInt{} }

// Metadata tells the function's name.
func (DecodeInt) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "decode_int"
}

// Definition describes the function.
func (DecodeInt) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             "The number that a counter of Curator's holds.",
		MarkdownDescription: "Returns the number in the base64 of 4 or 8 big-endian bytes, as the data source `zookeeper_znode` has it in `data_base64` for a node of Curator's `SharedCount`, `DistributedAtomicInteger` or `DistributedAtomicLong`. It undoes `encode_int`.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "base64", MarkdownDescription: "Base64 of 4 or 8 bytes."},
		},
		Return: function.Int64Return{},
	}
}

// Run decodes the number.
func (DecodeInt) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	if resp.Error = req.Arguments.Get(ctx, &text); resp.Error != nil {
		return
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, "it is not standard base64")
		return
	}
	switch len(b) {
	case 4:
		resp.Error = resp.Result.Set(ctx, int64(int32(binary.BigEndian.Uint32(b)))) // two's complement is what is stored
	case 8:
		resp.Error = resp.Result.Set(ctx, int64(binary.BigEndian.Uint64(b)))
	default:
		resp.Error = function.NewArgumentFuncError(0, fmt.Sprintf("a number has 4 or 8 bytes, and these are %d", len(b)))
	}
}
