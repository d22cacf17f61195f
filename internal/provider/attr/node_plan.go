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
//     state's notation where that means the same. A secret is planned in neither: what a
//     plan and a state have of it is its version.
//   - When nothing is to be written to the server, the rest stays as it is.
//   - When something is, stat and data are unknown until they have been read back, because
//     the data's owners may write it at any time. The ACL of a node that there is stays as it
//     is: it changes seldom, and a plan with "known after apply" in its place looks as if the
//     provider were about to change who may do what.
func PlanNode(config Node, state *Node, replaces bool, self []Identity) Node {
	plan := Node{DataWOVersion: config.DataWOVersion, ACL: config.ACL}
	plan.Data, plan.DataBase64 = planData(config)
	declaresData, declaresACL := config.DeclaresAnyData(), !config.ACL.IsNull()

	writes := true
	if state != nil {
		plan.ACL = PlanACL(config.ACL, state.ACL, self)
		writes = replaces ||
			declaresData && (plan.Data.IsUnknown() || plan.ChangesData(state)) ||
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

// DeclaresAnyData tells whether a configuration says what the data is, even if the value is
// not known yet.
func (n *Node) DeclaresAnyData() bool {
	return !n.Data.IsNull() || !n.DataBase64.IsNull() || n.WriteOnly()
}

// planData returns declared data in both notations, as far as it is known. Validation has
// made sure that one of them is declared at most, and that base64 is valid. What is
// unknown in the configuration must be so in the plan, even where it can only turn out to
// be null.
func planData(config Node) (text, b64 types.String) {
	text, b64 = types.StringUnknown(), types.StringUnknown()
	switch {
	case known(config.Data):
		text, b64 = DataValues([]byte(config.Data.ValueString()))
	case known(config.DataBase64):
		b64 = config.DataBase64
		if data, err := DecodeBase64(b64.ValueString()); err == nil {
			text, _ = DataValues(data)
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
