package znodes

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

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

// keySet is a set of keys.
type keySet = map[string]bool

// above calls visit with each key above another one, from the lowest to the highest, until
// it returns false.
func above(key string, visit func(key string) bool) {
	for i := strings.LastIndexByte(key, '/'); i > 0 && visit(key[:i]); {
		i = strings.LastIndexByte(key[:i], '/')
	}
}

// between returns the keys of the nodes in between, base's "" included: those above the
// given ones, whether they are among them or not.
func between(nodes contents, more ...keySet) keySet {
	in := keySet{"": true}
	add := func(key string) {
		above(key, func(key string) bool {
			known := in[key]
			in[key] = true
			return !known
		})
	}
	for key := range nodes {
		add(key)
	}
	for _, keys := range more {
		for key := range keys {
			add(key)
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
func checkBase(base string, managed func(path string) error, keys ...types.Map) error {
	if base != root {
		return managed(base)
	}
	for _, m := range keys {
		for key := range m.Elements() {
			if first, _, _ := strings.Cut(key, "/"); first == "zookeeper" {
				if err := managed(root + key); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
