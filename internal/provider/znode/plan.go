package znode

import (
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// complete computes what a plan leaves open from the configuration and from the state,
// which is nil when there is none. replaces tells that the plan is for another node than
// the state's, and self are the identities that the provider presents.
//
// The framework marks every computed attribute as unknown as soon as anything differs,
// and a null ACL in the configuration always differs from one in the state (see
// optionalValueNotComputable in Terraform's objchange package). So nothing in plan is
// relied on for data, ACL and stat: all three are decided here.
//
//   - What is declared is planned as declared, in both notations of the data, and in the
//     state's notation where that means the same. A secret is planned in neither: what a
//     plan and a state have of it is its version.
//   - When nothing is to be written to the server, the rest stays as it is.
//   - When something is, stat and data are unknown until they have been read back, because
//     the data's owners may write it at any time. The ACL of a node that there is stays as it
//     is: it changes seldom, and a plan with "known after apply" in its place looks as if the
//     provider were about to change who may do what.
func complete(plan, config resourceModel, state *resourceModel, replaces bool, self []attr.Identity) resourceModel {
	plan.Data, plan.DataBase64 = planData(config)
	plan.ACL, plan.ParentACL = config.ACL, config.ParentACL
	declaresData, declaresACL := declaresData(config), !config.ACL.IsNull()

	writes := true
	if state != nil {
		plan.ACL = attr.PlanACL(config.ACL, state.ACL, self)
		plan.ParentACL = attr.PlanACL(config.ParentACL, state.ParentACL, self)
		writes = replaces ||
			declaresData && (plan.Data.IsUnknown() || plan.changesData(state)) ||
			declaresACL && !plan.ACL.Equal(state.ACL)
	}
	if writes {
		switch {
		case declaresData:
		case state != nil && !replaces && state.hidesData():
			plan.Data, plan.DataBase64 = types.StringNull(), types.StringNull()
		default:
			plan.Data, plan.DataBase64 = types.StringUnknown(), types.StringUnknown()
		}
		switch {
		case declaresACL:
		case state == nil, replaces:
			plan.ACL = types.SetUnknown(attr.ACLEntryType)
		default:
			plan.ACL = state.ACL
		}
		plan.Stat = types.ObjectUnknown(attr.StatType.AttrTypes)
		return plan
	}
	plan.Data, plan.DataBase64, plan.Stat = state.Data, state.DataBase64, state.Stat
	if !declaresACL {
		plan.ACL = state.ACL
	}
	return plan
}

// replacing returns the attributes that a plan cannot change on the node that there is.
// kindAssumed tells that the kind in the state was never known: then the one that is
// declared is taken on trust, and nothing is deleted and made anew for it.
func replacing(plan, state *resourceModel, kindAssumed bool) path.Paths {
	var paths path.Paths
	if !plan.Path.Equal(state.Path) {
		paths.Append(path.Root("path"))
	}
	if kindAssumed && state.Mode.ValueString() != modeEphemeral {
		return paths
	}
	if !plan.Mode.Equal(state.Mode) {
		paths.Append(path.Root("mode"))
	}
	if !plan.TTLMillis.Equal(state.TTLMillis) {
		paths.Append(path.Root("ttl_ms"))
	}
	return paths
}

// declaresData tells whether a configuration says what the data is, even if the value is
// not known yet.
func declaresData(config resourceModel) bool {
	return !config.Data.IsNull() || !config.DataBase64.IsNull() || config.writeOnly()
}

// planData returns declared data in both notations, as far as it is known. Validation has
// made sure that one of them is declared at most, and that base64 is valid. What is
// unknown in the configuration must be so in the plan, even where it can only turn out to
// be null.
func planData(config resourceModel) (text, b64 types.String) {
	text, b64 = types.StringUnknown(), types.StringUnknown()
	switch {
	case known(config.Data):
		text, b64 = attr.DataValues([]byte(config.Data.ValueString()))
	case known(config.DataBase64):
		b64 = config.DataBase64
		if data, err := attr.DecodeBase64(b64.ValueString()); err == nil {
			text, _ = attr.DataValues(data)
		}
	case known(config.DataWOVersion):
		text, b64 = types.StringNull(), types.StringNull()
	}
	if config.Data.IsUnknown() {
		text = config.Data
	}
	if config.DataBase64.IsUnknown() {
		b64 = config.DataBase64
	}
	return text, b64
}

func known(s types.String) bool { return !s.IsNull() && !s.IsUnknown() }
