package znodes

import (
	"context"
	"encoding/json"
	"hash/crc32"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// The keys of the private state.
const (
	// recordKey has the record.
	recordKey = "nodes"
	// orderKey has what a plan tells its apply; see [order]. An apply plans once more before
	// it writes, and it is from that plan.
	orderKey = "order"
)

// storedRecord is a record as it is stored. A tree that was written at once has the same
// transaction at each node, and one that is written node by node has another at each, a
// little later than the one before. The nodes themselves are in the state already. So what
// is stored is, in the order of their keys, by how much the transaction differs from the
// one before, and for how many nodes that one holds.
type storedRecord struct {
	// Sum shows whether the nodes are those of the state.
	Sum  uint32  `json:"sum"`
	Runs []int64 `json:"runs"`
	// Others are for how many nodes, in the same order, which are the resource's, then for how
	// many which are not, and so on.
	Others []int `json:"others,omitempty"`
	// Theirs are the same of nodes which somebody else has made.
	Theirs []int `json:"theirs,omitempty"`
	// More are nodes which are not those of the state, nor above them, and MoreOthers those of
	// them that are not the resource's.
	More       map[string]int64 `json:"more,omitempty"`
	MoreOthers []string         `json:"more_others,omitempty"`
	Latest     int64            `json:"latest"`
}

// positions returns the keys of the nodes that a state has, and of those above them, in the
// order in which their transactions are stored.
func (h holding) positions() []string {
	in := between(h.nodes, h.secrets)
	for key := range h.nodes {
		in[key] = true
	}
	for key := range h.secrets {
		in[key] = true
	}
	return slices.Sorted(maps.Keys(in))
}

func checksum(keys []string) uint32 {
	var sum uint32
	for _, key := range keys {
		sum = crc32.Update(sum, crc32.IEEETable, []byte(key))
		sum = crc32.Update(sum, crc32.IEEETable, []byte{0})
	}
	return sum
}

// lengths returns for how many keys a thing is not so, and then for how many it is, and so
// on; nil where it is never so.
func lengths(keys []string, is func(key string) bool) []int {
	var runs []int
	so, ever := false, false
	length := 0
	for _, key := range keys {
		if is(key) != so {
			runs, so, length, ever = append(runs, length), !so, 0, true
		}
		length++
	}
	if !ever {
		return nil
	}
	return append(runs, length)
}

// eachOf is the opposite of lengths: it calls visit with the keys of which the thing is so.
func eachOf(keys []string, runs []int, visit func(key string)) {
	for i, length := range runs {
		length = min(max(length, 0), len(keys))
		if i%2 == 1 {
			for _, key := range keys[:length] {
				visit(key)
			}
		}
		keys = keys[length:]
	}
}

// encodeRecord makes JSON of the record of a holding.
func (h holding) encodeRecord() ([]byte, error) {
	keys := h.positions()
	s := storedRecord{
		Sum: checksum(keys), Others: lengths(keys, h.isOthers), Latest: h.latest,
		Theirs: lengths(keys, func(key string) bool { return h.written[key].theirs }),
	}
	var last int64
	stored := 0
	for i, key := range keys {
		zxid := h.planned(key)
		if h.there(key) {
			stored++
		}
		if i > 0 && zxid == last {
			s.Runs[len(s.Runs)-1]++
			continue
		}
		s.Runs = append(s.Runs, zxid-last, 1)
		last = zxid
	}
	if stored < len(h.written) {
		in := make(keySet, len(keys))
		for _, key := range keys {
			in[key] = true
		}
		s.More = make(map[string]int64)
		for key, w := range h.written {
			if in[key] {
				continue
			}
			s.More[key] = w.zxid
			if w.others {
				s.MoreOthers = append(s.MoreOthers, key)
			}
		}
		slices.Sort(s.MoreOthers)
	}
	return json.Marshal(s)
}

// withRecord returns a holding with the record that encodeRecord wrote. Where that does not
// fit its nodes, which is so when somebody has edited the state, nothing is known of them.
func (h holding) withRecord(b []byte) holding {
	h.record = newRecord()
	var s storedRecord
	if len(b) == 0 || json.Unmarshal(b, &s) != nil {
		return h
	}
	h.latest = s.Latest
	if keys := h.positions(); s.Sum == checksum(keys) {
		left := keys
		var zxid int64
		for i := 0; i+1 < len(s.Runs); i += 2 {
			zxid += s.Runs[i]
			for n := s.Runs[i+1]; n > 0 && len(left) > 0; n-- {
				if zxid != 0 {
					h.written[left[0]] = written{zxid: zxid}
				}
				left = left[1:]
			}
		}
		eachOf(keys, s.Others, func(key string) { h.written[key] = written{zxid: h.planned(key), others: true} })
		eachOf(keys, s.Theirs, func(key string) {
			w := h.written[key]
			w.theirs = true
			h.written[key] = w
		})
	}
	for key, zxid := range s.More {
		h.written[key] = written{zxid: zxid}
	}
	for _, key := range s.MoreOthers {
		h.written[key] = written{zxid: h.planned(key), others: true}
	}
	return h
}

// held returns what a state holds.
func held(ctx context.Context, state *model, p attr.PrivateState) (holding, diag.Diagnostics) {
	h := newHolding(state.BasePath.ValueString())
	h.secrets = state.secretKeys()
	var err error
	if h.nodes, err = state.declared(nil, h.secrets); err != nil {
		return h, diag.Diagnostics{damagedState(err)}
	}
	b, diags := p.GetKey(ctx, recordKey)
	return h.withRecord(b), diags
}

// save stores the record of a holding whose nodes are in the state.
func (h holding) save(ctx context.Context, p attr.PrivateState) diag.Diagnostics {
	b, err := h.encodeRecord()
	if err != nil {
		return diag.Diagnostics{notEncoded(err)}
	}
	return p.SetKey(ctx, recordKey, b)
}

// An order is what a plan tells its apply beyond the planned state.
type order struct {
	// Extra are nodes that are to be removed and that are not in the prior state, with the
	// transactions that last wrote them.
	Extra map[string]int64 `json:"extra,omitempty"`
	// Kept are the keys of secrets that ignore_changes keeps as they are.
	Kept []string `json:"kept,omitempty"`
}

// loadOrder returns the order of a plan.
func loadOrder(ctx context.Context, p attr.PrivateState) (order, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, orderKey)
	var o order
	if len(b) > 0 {
		if err := json.Unmarshal(b, &o); err != nil {
			diags.Append(damagedOrder(err))
		}
	}
	return o, diags
}

// save is the opposite of loadOrder; one without anything leaves nothing.
func (o order) save(ctx context.Context, p attr.PrivateState) diag.Diagnostics {
	if len(o.Extra) == 0 && len(o.Kept) == 0 {
		return p.SetKey(ctx, orderKey, nil)
	}
	b, err := json.Marshal(o)
	if err != nil {
		return diag.Diagnostics{notEncoded(err)}
	}
	return p.SetKey(ctx, orderKey, b)
}
