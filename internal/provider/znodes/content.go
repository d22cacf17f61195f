package znodes

import (
	"encoding/base64"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// An element of data is text, or a description of content that is none (see attr.TextValue):
// a state has one where somebody else wrote such content, and a plan where ignore_changes
// took it from there. It stands for the very bytes that it describes. An element of
// data_base64 is base64.

// textContent is what an element of data stands for.
func textContent(v tftypes.Value) string {
	text := textOf(v)
	if attr.IsDescribed(text) {
		return string(attr.TextContent(text))
	}
	return text
}

// base64Content is what an element of data_base64 stands for.
func base64Content(v tftypes.Value) (string, error) {
	data, err := attr.DecodeBase64(textOf(v))
	return string(data), err
}

func textElement(content string) tftypes.Value {
	return tftypes.NewValue(tftypes.String, attr.TextValue([]byte(content)).ValueString())
}

func base64Element(content string) tftypes.Value {
	return tftypes.NewValue(tftypes.String, base64.StdEncoding.EncodeToString([]byte(content)))
}

// declared returns the nodes of data and data_base64, which are known and have been
// checked, but for those that hold a secret.
//
// No user can write a key into both, but where ignore_changes keeps it in one and the user
// has moved it to the other it is in both. Then the one counts that differs from the prior
// state, which is nil for a state itself.
func (m *model) declared(prior *model, secrets keySet) (contents, error) {
	nodes := make(contents, len(m.Data.elements)+len(m.DataBase64.elements))
	for key, v := range m.Data.elements {
		if !secrets[key] {
			nodes[key] = textContent(v)
		}
	}
	for key, v := range m.DataBase64.elements {
		if secrets[key] {
			continue
		}
		if text, twice := m.Data.elements[key]; twice && prior != nil {
			if was, had := prior.Data.elements[key]; !had || textOf(was) != textOf(text) {
				continue
			}
		}
		content, err := base64Content(v)
		if err != nil {
			return nil, fmt.Errorf("data_base64 of %q: %w", key, err)
		}
		nodes[key] = content
	}
	return nodes, nil
}

// show fills in what nodes hold: in the attributes that have them here or, where none does,
// that had them in the prior state, and otherwise in data. A map that was null stays so as
// long as it has nothing. What data and data_base64 say of a node that holds a secret stays:
// it says nothing of the secret.
func (m *model) show(h holding, prior *model) {
	text, b64 := make(map[string]tftypes.Value, len(h.nodes)), make(map[string]tftypes.Value)
	for key, content := range h.nodes {
		from := m
		if prior != nil && !m.Data.has(key) && !m.DataBase64.has(key) {
			from = prior
		}
		was, isBase64 := from.DataBase64.elements[key]
		if isBase64 {
			if old, err := base64Content(was); err != nil || old != content {
				was = base64Element(content)
			}
			b64[key] = was
		}
		was, isText := from.Data.elements[key]
		switch {
		case isText && textContent(was) == content:
			text[key] = was
		case isText || !isBase64:
			text[key] = textElement(content)
		}
	}
	for key := range h.secrets {
		if v, ok := m.Data.elements[key]; ok {
			text[key] = v
		}
		if v, ok := m.DataBase64.elements[key]; ok {
			b64[key] = v
		}
	}
	m.fill(text, b64)
}

// introduce fills in what nodes hold that no attribute has had so far: in data what data can
// hold, and the rest in data_base64.
func (m *model) introduce(nodes contents) {
	text, b64 := make(map[string]tftypes.Value, len(nodes)), make(map[string]tftypes.Value)
	for key, content := range nodes {
		if v := textElement(content); textOf(v) == content {
			text[key] = v
		} else {
			b64[key] = base64Element(content)
		}
	}
	m.fill(text, b64)
}

func (m *model) fill(text, b64 map[string]tftypes.Value) {
	if len(text) > 0 || !m.Data.IsNull() {
		m.Data = nodeMap{elements: text}
	}
	if len(b64) > 0 || !m.DataBase64.IsNull() {
		m.DataBase64 = nodeMap{elements: b64}
	}
}

// sameNotation reports whether two maps hold the same for `compare`, node by node.
func sameNotation(compare types.String, a, b nodeMap, content func(tftypes.Value) (string, error)) bool {
	if a.IsNull() || b.IsNull() || !a.known() || !b.known() || len(a.elements) != len(b.elements) {
		return false
	}
	for key, v := range a.elements {
		w, ok := b.elements[key]
		if !ok {
			return false
		}
		if textOf(v) == textOf(w) {
			continue
		}
		x, errX := content(v)
		y, errY := content(w)
		if errX != nil || errY != nil || !attr.SameContent(compare, []byte(x), []byte(y)) {
			return false
		}
	}
	return true
}
