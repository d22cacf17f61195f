package attr

import "github.com/hashicorp/terraform-plugin-framework/types"

// PlanNode computes what a plan leaves open from the configuration and from the state,
// which is nil when there is none. replaces tells that the plan is for another node than
// the state's, and self are the identities that the provider presents.
//
// The framework marks every computed attribute as unknown as soon as anything differs,
// and a null ACL in the configuration always differs from one in the state (see
// optionalValueNotComputable in Terraform's objchange package). So nothing of what it
// proposes is relied on for data, ACL and stat: all three are decided here.
//
//   - What is declared is planned as declared, in both notations of the data, and in the
//     state's notation where that means the same.
//   - When nothing is to be written to the server, the rest stays as it is.
//   - When something is, stat and data are unknown until they have been read back, because
//     the data's owners may write it at any time. The ACL of a node that there is stays as it
//     is: it changes seldom, and a plan with "known after apply" in its place looks as if the
//     provider were about to change who may do what.
func PlanNode(config Node, state *Node, replaces bool, self []Identity) Node {
	plan := Node{ACL: config.ACL}
	plan.Data, plan.DataBase64 = planData(config)
	declaresData, declaresACL := config.declaresData(), !config.ACL.IsNull()

	writes := true
	if state != nil {
		plan.ACL = PlanACL(config.ACL, state.ACL, self)
		writes = replaces ||
			declaresData && !plan.DataBase64.Equal(state.DataBase64) ||
			declaresACL && !plan.ACL.Equal(state.ACL)
	}
	if writes {
		if !declaresData {
			plan.Data, plan.DataBase64 = types.StringUnknown(), types.StringUnknown()
		}
		switch {
		case declaresACL:
		case state == nil, replaces:
			plan.ACL = types.SetUnknown(ACLEntryType)
		default:
			plan.ACL = state.ACL
		}
		plan.Stat = types.ObjectUnknown(StatType.AttrTypes)
		return plan
	}
	plan.Data, plan.DataBase64, plan.Stat = state.Data, state.DataBase64, state.Stat
	if !declaresACL {
		plan.ACL = state.ACL
	}
	return plan
}

// declaresData tells whether a configuration says what the data is, even if the value is
// not known yet.
func (n *Node) declaresData() bool {
	return !n.Data.IsNull() || !n.DataBase64.IsNull()
}

// planData returns declared data in both notations, as far as it is known. Validation has
// made sure that one of them is declared at most, and that base64 is valid.
func planData(config Node) (text, b64 types.String) {
	switch {
	case config.Data.IsUnknown():
		return config.Data, types.StringUnknown()
	case !config.Data.IsNull():
		_, b64 = DataValues([]byte(config.Data.ValueString()))
		return config.Data, b64
	case config.DataBase64.IsUnknown():
		return types.StringUnknown(), config.DataBase64
	default:
		data, err := DecodeBase64(config.DataBase64.ValueString())
		if err != nil {
			return types.StringUnknown(), config.DataBase64
		}
		text, _ = DataValues(data)
		return text, config.DataBase64
	}
}
