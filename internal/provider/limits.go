package provider

import (
	"context"
	"fmt"
	"math"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

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
	if !r.object(ctx, at, obj, &m) {
		return
	}
	r.count(at.AtName("max_nodes"), m.MaxNodes, &cfg.Walk.Nodes)
	r.count(at.AtName("max_depth"), m.MaxDepth, &cfg.Walk.Levels)
	r.count(at.AtName("max_bytes"), m.MaxBytes, &cfg.Walk.Bytes)
}
