package functions

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

// EncodeInt is the function encode_int.
type EncodeInt struct{}

var _ function.Function = EncodeInt{}

// NewEncodeInt returns the function.
func NewEncodeInt() function.Function { return EncodeInt{} }

// Metadata tells the function's name.
func (EncodeInt) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "encode_int"
}

// Definition describes the function.
func (EncodeInt) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "A number as Curator's counters store it, in base64.",
		MarkdownDescription: "Returns the base64 of a number in big-endian bytes, for `data_base64`. Curator's `SharedCount` and `DistributedAtomicInteger` store 32 bits, its `DistributedAtomicLong` 64.\n\n" +
			"Curator reads a number that is written as text without an error, and wrongly: `data = \"1234\"` is 825373492 to `SharedCount`.",
		Parameters: []function.Parameter{
			function.Int64Parameter{Name: "number", MarkdownDescription: "Whole number. It may be negative."},
			function.Int64Parameter{Name: "bits", MarkdownDescription: "Size of the number: `32` or `64`."},
		},
		Return: function.StringReturn{},
	}
}

// Run encodes the number.
func (EncodeInt) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var number, bits int64
	if resp.Error = req.Arguments.Get(ctx, &number, &bits); resp.Error != nil {
		return
	}
	var b []byte
	switch {
	case bits == 64:
		b = binary.BigEndian.AppendUint64(nil, uint64(number)) // two's complement is what is stored
	case bits != 32:
		resp.Error = function.NewArgumentFuncError(1, fmt.Sprintf("a number has 32 or 64 bits, and not %d", bits))
		return
	case number < math.MinInt32 || number > math.MaxInt32:
		resp.Error = function.NewArgumentFuncError(0, fmt.Sprintf("%d does not fit into 32 bits, which hold from %d to %d", number, math.MinInt32, math.MaxInt32))
		return
	default:
		b = binary.BigEndian.AppendUint32(nil, uint32(int32(number)))
	}
	resp.Error = resp.Result.Set(ctx, base64.StdEncoding.EncodeToString(b))
}
