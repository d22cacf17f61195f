package znodes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// Validates checks what the user wrote. No later step does: what they get may be what
// ignore_changes made of it. A CLI that plans or applies asks again, with all that is known
// by then.
func (r *Resource) Validates(_ context.Context, req *request) {
	req.Diags.Append(checkConfig(req.Config)...)
	if r.Session != nil {
		noteWords(r.Session, req.Config)
	}
}

func checkConfig(config *model) diag.Diagnostics {
	diags := checkNodes(config)
	diags.Append(attr.CheckDataWOVersion(config.DataWO, config.DataWOVersion, "which secrets data_wo has, and there are none")...)
	base := config.BasePath.ValueString()
	if config.BasePath.IsNull() || config.BasePath.IsUnknown() || attr.CheckPath(base) != nil {
		return diags // its own validation has told
	}
	managed := attr.CheckManagedPath
	if err := checkBase(base, managed, config.Data, config.DataBase64, config.DataWO); err != nil {
		diags.Append(invalidBase(err))
	}
	return diags
}

// mostFindings bounds how many keys a check complains about.
const mostFindings = 10

// findings collects what is wrong with keys.
type findings struct {
	diags diag.Diagnostics
	more  int
}

func (f *findings) add(attribute, key, summary, detail string) {
	if len(f.diags) == mostFindings {
		f.more++
		return
	}
	f.diags.AddAttributeError(path.Root(attribute).AtMapKey(key), summary, detail)
}

// diagnostics returns what was found, and how much more there is.
func (f *findings) diagnostics() diag.Diagnostics {
	if f.more > 0 {
		f.diags.Append(moreKeysAreWrong(f.more))
	}
	return f.diags
}

// checkNodes checks the maps of a configuration, as far as they are known: each key, that no
// two maps have the same, and what each is to hold.
func checkNodes(config *model) diag.Diagnostics {
	var f findings
	in := make(map[string]string) // which map has a key, from the first on
	for _, m := range []struct {
		name  string
		value types.Map
		check func(text string) error
	}{
		{"data", config.Data, attr.CheckText},
		{"data_base64", config.DataBase64, checkBase64},
		{"data_wo", config.DataWO, func(string) error { return nil }},
	} {
		nodes := m.value.Elements()
		for _, key := range slices.Sorted(maps.Keys(nodes)) {
			v := nodes[key]
			if err := checkKey(key); err != nil {
				f.invalidKey(m.name, key, err)
				continue
			}
			if other, twice := in[key]; twice {
				f.declaredTwice(m.name, key, other)
				continue
			}
			in[key] = m.name
			if v.IsNull() {
				f.isNull(m.name, key)
			} else if !v.IsUnknown() {
				if err := m.check(textOf(v)); err != nil {
					f.invalidContent(m.name, key, err)
				}
			}
		}
	}
	return f.diagnostics()
}

func checkBase64(text string) error {
	_, err := attr.DecodeBase64(text)
	return err
}
