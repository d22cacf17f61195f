package znodes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/crc32"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/zk"
)

// A doubt is what the private state has of nodes that an apply was to make in a transaction
// whose outcome is not known: what tells them from any others, for the next read to find. Such
// a transaction makes all of them or none, and all have its number.
//
// What it was to change or to remove needs no such record: the read finds those nodes as they
// are, in the state as it was.
type doubt struct {
	// Seen is the latest transaction that was known before the request was sent.
	Seen int64 `json:"seen"`
	// Others are transactions since then that are other writes of the same run.
	Others []int64 `json:"others,omitempty"`
	// ACL is the one that the nodes were to get.
	ACL []zk.ACL `json:"acl"`
	// Nodes are they, by their keys.
	Nodes map[string]doubtfulNode `json:"nodes"`
}

// A doubtfulNode is a node that an apply may have made.
type doubtfulNode struct {
	// In is the attribute that has it; empty for a node in between.
	In string `json:"in,omitempty"`
	// Size is how many bytes it was to hold, and Sum their checksum, unless they are a secret.
	Size int    `json:"size"`
	Sum  uint32 `json:"sum,omitempty"`
}

// doubtKey is where the private state has a doubt.
const doubtKey = "doubt"

// doubtOf returns the doubt about writes; nil where nothing was to be made.
func doubtOf(unknown *zk.OutcomeUnknownError, plan *model, want wanted, base string, acl []zk.ACL, writes []zk.Write, results []zk.WriteResult) *doubt {
	d := &doubt{Seen: unknown.Seen, Others: unknown.Others, ACL: acl, Nodes: make(map[string]doubtfulNode)}
	text, b64 := plan.Data.Elements(), plan.DataBase64.Elements()
	for i, w := range writes {
		if !results[i].InDoubt || !makes(w) {
			continue
		}
		key := keyOf(base, w.Path)
		node := doubtfulNode{Size: len(w.Data)}
		switch {
		case want.hides(key):
			node.In = "data_wo"
		case b64[key] != nil:
			node.In = "data_base64"
		case text[key] != nil:
			node.In = "data"
		}
		if node.In != "data_wo" {
			node.Sum = crc32.ChecksumIEEE(w.Data)
		}
		d.Nodes[key] = node
	}
	if len(d.Nodes) == 0 {
		return nil
	}
	return d
}

// paths are those of the nodes, but for what is in between.
func (d *doubt) paths(base string) (paths []string) {
	for key, node := range d.Nodes {
		if node.In != "" {
			paths = append(paths, join(base, key))
		}
	}
	return paths
}

// suppose adds the nodes to a holding as if they had been made as planned; nothing of that is
// recorded.
func (d *doubt) suppose(h holding, plan *model) {
	text, b64 := plan.Data.Elements(), plan.DataBase64.Elements()
	for key, node := range d.Nodes {
		switch node.In {
		case "data_wo":
			h.secrets[key] = true
		case "data":
			h.nodes[key] = textContent(text[key])
		case "data_base64":
			h.nodes[key], _ = base64Content(b64[key]) // validation has checked it
		}
	}
}

// loadDoubt returns what a private state has of nodes that may have been made; nil for none.
func loadDoubt(ctx context.Context, p attr.PrivateState) (*doubt, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, doubtKey)
	if len(b) == 0 {
		return nil, diags
	}
	d := new(doubt)
	if err := json.Unmarshal(b, d); err != nil {
		diags.Append(damagedState(err))
		return nil, diags
	}
	return d, diags
}

// save stores a doubt; nil takes it away.
func (d *doubt) save(ctx context.Context, p attr.PrivateState) diag.Diagnostics {
	if d == nil {
		return p.SetKey(ctx, doubtKey, nil)
	}
	b, err := json.Marshal(d)
	if err != nil {
		return diag.Diagnostics{notEncoded(err)}
	}
	return p.SetKey(ctx, doubtKey, b)
}

// resolve completes what a state holds with the nodes that an apply may have made, if it has
// made them, and the state itself. It returns the transaction; 0 for none.
func (d *doubt) resolve(ctx context.Context, client *zk.Client, state *model, h *holding) (int64, error) {
	// The server may be behind the one that the transaction was sent to.
	if err := client.Sync(ctx, h.base); err != nil {
		return 0, err
	}
	paths := make([]string, 0, len(d.Nodes))
	for key := range d.Nodes {
		paths = append(paths, h.path(key))
	}
	slices.Sort(paths)
	readings, err := client.ReadMany(ctx, paths, false)
	if err != nil {
		return 0, err
	}
	zxid, err := d.transaction(ctx, client, h.base, readings)
	if err != nil {
		return 0, err
	}
	if zxid == 0 {
		for key := range d.Nodes {
			h.forget(key)
		}
		readings = nil
	}
	text, b64 := make(elements), make(elements)
	for _, reading := range readings {
		key := keyOf(h.base, reading.Path)
		switch d.Nodes[key].In {
		case "data_wo":
			h.secrets[key] = true
		case "data":
			h.nodes[key], text[key] = string(reading.Data), types.StringValue("")
		case "data_base64":
			h.nodes[key], b64[key] = string(reading.Data), types.StringValue("")
		}
		h.written[key] = written{zxid: reading.Stat.Mzxid}
	}
	// From here on the state shows them there, with what they hold.
	state.Data, state.DataBase64 = with(state.Data, text), with(state.DataBase64, b64)
	state.show(*h, nil)
	state.DataWOKeys = keySetValue(h.secrets)
	return zxid, nil
}

// inDoubt is the zxid of a state that has nodes of which it is not known whether they were made.
// No transaction has this number.
const inDoubt = 0

// recognizeAlike is [holding.recognize] for a state with nodes that may have been made, where
// nothing is known of how to tell them: the plan was made with -refresh=false, and the CLI does
// not hand over the private state of what is replaced. It finds those that look like them: that
// nobody has changed, and that hold what the state says; of secrets those that the same
// transaction has made.
func (h holding) recognizeAlike(ctx context.Context, client *zk.Client) error {
	keys := h.positions()
	paths := make([]string, len(keys))
	for i, key := range keys {
		paths[i] = h.path(key)
	}
	readings, err := client.ReadMany(ctx, paths, false)
	if err != nil {
		return err
	}
	made := make(map[int64]bool)
	for i, key := range keys {
		reading := readings[i]
		if reading.Err != nil && !errors.Is(reading.Err, zk.ErrNoNode) {
			return reading.Err
		}
		if stat := reading.Stat; h.shows(key) && reading.Err == nil && stat.Version == 0 && stat.Aversion == 0 && string(reading.Data) == h.nodes[key] {
			h.written[key] = written{zxid: stat.Mzxid}
			made[stat.Czxid] = true
		}
	}
	if len(h.nodes) == 0 { // secrets alone
		for i, key := range keys {
			if h.secrets[key] {
				made[readings[i].Stat.Czxid] = true
			}
		}
		if len(made) > 1 {
			clear(made)
		}
	}
	for i, key := range keys {
		stat := readings[i].Stat
		untouched := readings[i].Err == nil && made[stat.Czxid] && stat.Version == 0 && stat.Aversion == 0
		switch {
		case h.there(key):
		case untouched && (h.secrets[key] || !h.shows(key) && stat.DataLength == 0):
			h.written[key] = written{zxid: stat.Mzxid}
		default:
			h.forget(key)
		}
	}
	return nil
}

// with returns a map with more nodes.
func with(nodes types.Map, more elements) types.Map {
	if len(more) == 0 {
		return nodes
	}
	all := nodes.Elements()
	maps.Copy(all, more)
	return mapOf(all)
}

// transaction returns the one that has made all of the nodes, if that can be the one in doubt;
// 0 for none.
func (d *doubt) transaction(ctx context.Context, client *zk.Client, base string, readings []zk.Reading) (int64, error) {
	var zxid int64
	var witness *zk.Reading // one that nobody has changed since
	for i, reading := range readings {
		switch {
		case errors.Is(reading.Err, zk.ErrNoNode):
			return 0, nil
		case reading.Err != nil:
			return 0, reading.Err
		case zxid == 0:
			zxid = reading.Stat.Czxid
		}
		node := d.Nodes[keyOf(base, reading.Path)]
		switch stat := reading.Stat; {
		case stat.Czxid != zxid, stat.Czxid <= d.Seen, slices.Contains(d.Others, stat.Czxid), stat.EphemeralOwner != 0:
			return 0, nil
		case stat.Version != 0:
			continue
		case len(reading.Data) != node.Size, node.In != "data_wo" && crc32.ChecksumIEEE(reading.Data) != node.Sum:
			return 0, nil
		case stat.Aversion == 0:
			witness = &readings[i]
		}
	}
	if witness == nil {
		return 0, nil
	}
	making := zk.Making{Seen: d.Seen, Others: d.Others, Data: bytes.Clone(witness.Data), ACL: d.ACL}
	if making.Data == nil {
		making.Data = []byte{}
	}
	_, ours, err := client.Recognize(ctx, witness.Path, making)
	if !ours || err != nil {
		return 0, err
	}
	return zxid, nil
}
