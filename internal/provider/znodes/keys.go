package znodes

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// root is the path of the root, below which keys are the names of its children.
const root = "/"

// join returns the path of the node with the key, which is base itself for "".
func join(base, key string) string {
	if key == "" {
		return base
	}
	return zk.Child(base, key)
}

// keyOf is the opposite of join.
func keyOf(base, nodePath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(nodePath, base), "/")
}

// between returns the keys of the nodes in between, base's "" included: those above the
// given ones, whether they are among them or not.
func between(nodes ...contents) map[string]bool {
	in := map[string]bool{"": true}
	for _, n := range nodes {
		for key := range n {
			for i := strings.LastIndexByte(key, '/'); i > 0 && !in[key[:i]]; i = strings.LastIndexByte(key[:i], '/') {
				in[key[:i]] = true
			}
		}
	}
	return in
}

// checkKey tells what is wrong with a key.
func checkKey(key string) error {
	switch {
	case key == "":
		return errors.New("it is empty. A key is the path of a node below base_path, as in \"limits\" or \"limits/cpu\"")
	case key[0] == '/':
		return errors.New("it starts with a slash. A key is a path below base_path, as in \"limits/cpu\"")
	case key[len(key)-1] == '/':
		return errors.New("it ends with a slash. A key is a path below base_path, as in \"limits/cpu\"")
	}
	if err := zk.ValidatePath("/" + key); err != nil {
		return fmt.Errorf("below base_path, %w", err)
	}
	return nil
}

// checkBase tells what is wrong with base_path, or with the keys below it where that is the
// root. managed is a check of a node that a resource creates and deletes.
func checkBase(base string, managed func(path string) error, keys ...nodeMap) error {
	if base != root {
		return managed(base)
	}
	for _, m := range keys {
		for key := range m.elements {
			if first, _, _ := strings.Cut(key, "/"); first == "zookeeper" {
				if err := managed(root + key); err != nil {
					return err
				}
			}
		}
	}
	return nil
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

func (f *findings) diagnostics() diag.Diagnostics {
	if f.more > 0 {
		f.diags.AddError("More keys are wrong", fmt.Sprintf("Of the keys that are wrong, %d are not named here.", f.more))
	}
	return f.diags
}

// checkData checks the maps of a configuration, as far as they are known: each key, that no
// two maps have the same, base64, and that secrets come with their version.
func checkData(config *model) diag.Diagnostics {
	var f findings
	all := []struct {
		name  string
		value nodeMap
	}{{"data", config.Data}, {"data_base64", config.DataBase64}, {"data_wo", config.DataWO}}
	in := make(map[string]string) // which map has a key, from the first on
	for n, m := range all {
		for _, key := range slices.Sorted(maps.Keys(m.value.elements)) {
			v := m.value.elements[key]
			if err := checkKey(key); err != nil {
				f.add(m.name, key, "Invalid key", fmt.Sprintf("The key %q of %s is no path of a node: %s.", key, m.name, err))
				continue
			}
			if n > 0 {
				if other, ok := in[key]; ok {
					f.add(m.name, key, "Data is declared twice", fmt.Sprintf("%q is a key of %s and of %s, and a node has one content. Keep one of them.", key, other, m.name))
					continue
				}
			}
			if n+1 < len(all) {
				in[key] = m.name
			}
			switch {
			case v.IsNull():
				f.add(m.name, key, "Value is null", fmt.Sprintf("The value of %q in %s is null. Leave the key out for no node, or write \"\" for one without data.", key, m.name))
			case n == 1 && v.IsKnown():
				if _, err := attr.DecodeBase64(textOf(v)); err != nil {
					f.add(m.name, key, "Invalid base64", fmt.Sprintf("The value of %q is no standard base64: %s. base64encode(…) and filebase64(…) give the right notation.", key, err))
				}
			}
		}
	}
	diags := f.diagnostics()
	diags.Append(attr.CheckDataWOVersion(config.DataWO, config.DataWOVersion, "which secrets data_wo has, and there are none")...)
	return diags
}
