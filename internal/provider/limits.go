package provider

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"terraform-provider-zookeeper/internal/zk"
)

type limitsModel struct {
	MaxNodes types.Int64 `tfsdk:"max_nodes"`
	MaxDepth types.Int64 `tfsdk:"max_depth"`
	MaxBytes types.Int64 `tfsdk:"max_bytes"`
}

func limitsAttribute() schema.SingleNestedAttribute {
	bound := func(what, env string, standard int) schema.Int64Attribute {
		return schema.Int64Attribute{
			Optional:            true,
			Validators:          []validator.Int64{int64validator.Between(1, math.MaxInt32)},
			MarkdownDescription: fmt.Sprintf("%s. Environment: `ZOOKEEPER_TREE_LIMITS_%s`. Default `%d`.", what, env, standard),
		}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Bounds of each tree that the provider reads: for a data source, for `recursive`, `exclusive` and `force_destroy`, and for an import. " +
			"A larger tree is an error that names the bound, and nothing is written.",
		Attributes: map[string]schema.Attribute{
			"max_nodes": bound("Nodes of a tree", "MAX_NODES", zk.DefaultWalkNodes),
			"max_depth": bound("Levels below the node at the top", "MAX_DEPTH", zk.DefaultWalkLevels),
			"max_bytes": bound("Bytes of paths and of data", "MAX_BYTES", zk.DefaultWalkBytes),
		},
	}
}

// limits takes the bounds of what is read of a tree. What is zero is the client's default.
func (r *resolver) limits(ctx context.Context, obj types.Object, cfg *zk.Config) {
	at := path.Root("tree_limits")
	var m limitsModel
	switch {
	case obj.IsUnknown():
		r.unknown = append(r.unknown, at.String())
		return
	case !obj.IsNull():
		r.diags.Append(obj.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	}
	bound := func(name string, v types.Int64, to *int) {
		r.value(at.AtName(name), v, func() { *to = int(v.ValueInt64()) }, func(s string) error {
			n, err := strconv.ParseInt(s, 10, 32)
			if err != nil || n < 1 {
				return fmt.Errorf("%q is no whole number from 1 to %d", s, math.MaxInt32)
			}
			*to = int(n)
			return nil
		})
	}
	bound("max_nodes", m.MaxNodes, &cfg.Walk.Nodes)
	bound("max_depth", m.MaxDepth, &cfg.Walk.Levels)
	bound("max_bytes", m.MaxBytes, &cfg.Walk.Bytes)
}
