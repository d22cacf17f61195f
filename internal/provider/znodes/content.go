package znodes

import (
	"encoding/base64"
	"fmt"

	fwattr "github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// An element of data is text, or a description of content that is not text (see attr.TextValue):
// a state has one where somebody else wrote such content, and a plan where ignore_changes
// took it from there. It stands for the very bytes that it describes. An element of
// data_base64 is base64.

// textContent is what an element of data stands for.
func textContent(v fwattr.Value) string {
	text := textOf(v)
	if attr.IsDescribed(text) {
		return string(attr.TextContent(text))
	}
	return text
}

// base64Content is what an element of data_base64 stands for.
func base64Content(v fwattr.Value) (string, error) {
	data, err := attr.DecodeBase64(textOf(v))
	return string(data), err
}

func textElement(content string) types.String { return attr.TextValue([]byte(content)) }

func base64Element(content string) types.String {
	return types.StringValue(base64.StdEncoding.EncodeToString([]byte(content)))
}

// declared returns the nodes of data and data_base64, which are known and have been
// checked, but for those that hold a secret.
//
// No user can write a key into both, but where ignore_changes keeps it in one and the user
// has moved it to the other it is in both. Then the one counts that differs from the prior
// state, which is nil for a state itself.
func (m *model) declared(prior *model, secrets keySet) (contents, error) {
	text, b64 := m.Data.Elements(), m.DataBase64.Elements()
	var before elements
	if prior != nil && len(b64) > 0 {
		before = prior.Data.Elements()
	}
	nodes := make(contents, len(text)+len(b64))
	for key, v := range text {
		if !secrets[key] {
			nodes[key] = textContent(v)
		}
	}
	for key, v := range b64 {
		if secrets[key] {
			continue
		}
		if is, twice := text[key]; twice && prior != nil {
			if was, had := before[key]; !had || textOf(was) != textOf(is) {
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
	text, b64 := make(elements, len(h.nodes)), make(elements)
	hasText, hasBase64 := m.Data.Elements(), m.DataBase64.Elements()
	var hadText, hadBase64 elements
	if prior != nil {
		hadText, hadBase64 = prior.Data.Elements(), prior.DataBase64.Elements()
	}
	for key, content := range h.nodes {
		inText, inBase64 := hasText, hasBase64
		if hasText[key] == nil && hasBase64[key] == nil {
			inText, inBase64 = hadText, hadBase64
		}
		was, isBase64 := inBase64[key]
		if isBase64 {
			if old, err := base64Content(was); err != nil || old != content {
				was = base64Element(content)
			}
			b64[key] = was
		}
		was, isText := inText[key]
		switch {
		case isText && textContent(was) == content:
			text[key] = was
		case isText || !isBase64:
			text[key] = textElement(content)
		}
	}
	for key := range h.secrets {
		if v, ok := hasText[key]; ok {
			text[key] = v
		}
		if v, ok := hasBase64[key]; ok {
			b64[key] = v
		}
	}
	m.fill(text, b64)
}

// introduce fills in what nodes hold that no attribute has had so far: in data what data can
// hold, and the rest in data_base64.
func (m *model) introduce(nodes contents) {
	text, b64 := make(elements, len(nodes)), make(elements)
	for key, content := range nodes {
		if v := textElement(content); v.ValueString() == content {
			text[key] = v
		} else {
			b64[key] = base64Element(content)
		}
	}
	m.fill(text, b64)
}

func (m *model) fill(text, b64 elements) {
	if len(text) > 0 || !m.Data.IsNull() {
		m.Data = mapOf(text)
	}
	if len(b64) > 0 || !m.DataBase64.IsNull() {
		m.DataBase64 = mapOf(b64)
	}
}

// sameNotation reports whether two maps hold the same for `compare`, node by node.
func sameNotation(compare types.String, a, b types.Map, content func(fwattr.Value) (string, error)) bool {
	if a.IsNull() || b.IsNull() || !known(a) || !known(b) {
		return false
	}
	as, bs := a.Elements(), b.Elements()
	if len(as) != len(bs) {
		return false
	}
	for key, v := range as {
		w, ok := bs[key]
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
