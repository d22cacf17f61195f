package znodes

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/provider/attr"
)

// A record is what the private state has of the nodes.
type record struct {
	// nodes has the transaction that last wrote a node, by its key, as of the last read;
	// "" is base_path itself. It is negative for a node that is there and not the
	// resource's: what was there before it in between, and with exclusive what somebody else
	// has made.
	nodes map[string]int64
	// secrets are the keys of the nodes whose content is that of data_wo.
	secrets map[string]bool
	// seen is the latest transaction at the time of the last read.
	seen int64
}

func newRecord() record {
	return record{nodes: make(map[string]int64), secrets: make(map[string]bool)}
}

func (r record) clone() record {
	return record{nodes: maps.Clone(r.nodes), secrets: maps.Clone(r.secrets), seen: r.seen}
}

// ours tells whether a node is the resource's.
func (r record) ours(key string) bool { return r.nodes[key] > 0 }

// there tells whether a node is known to be there.
func (r record) there(key string) bool { return r.nodes[key] != 0 }

// planned is what a write of a node is planned against; 0 for whatever is there.
func (r record) planned(key string) int64 {
	if zxid := r.nodes[key]; zxid < 0 {
		return -zxid
	}
	return r.nodes[key]
}

// The keys of the private state.
const (
	// recordKey has the record.
	recordKey = "nodes"
	// extraKey has the nodes that a plan is to remove and that are not in its prior state,
	// with the transactions that last wrote them. An apply plans once more before it writes,
	// and it is from that plan.
	extraKey = "extra"
)

// storedRecord is a record as it is stored. A tree that was written at once has the same
// transaction at each node, and one that is written node by node has another at each, a
// little later than the one before. The nodes themselves are in the state already. So what
// is stored is, in the order of their keys, by how much the transaction differs from the
// one before, and for how many nodes that one holds.
type storedRecord struct {
	// Sum tells whether the nodes are those of the state.
	Sum  uint32  `json:"sum"`
	Runs []int64 `json:"runs"`
	// More are nodes which are not those of the state, nor above them.
	More    map[string]int64 `json:"more,omitempty"`
	Secrets []string         `json:"secrets,omitempty"`
	Seen    int64            `json:"seen"`
}

// positions returns the keys of the nodes, and of those above them, in the order in which
// their transactions are stored.
func positions(nodes contents, secrets map[string]bool) []string {
	in := between(nodes, hidden(secrets))
	for key := range nodes {
		in[key] = true
	}
	for key := range secrets {
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

// encode makes JSON of a record that belongs to a state with the nodes.
func (r record) encode(nodes contents) ([]byte, error) {
	keys := positions(nodes, r.secrets)
	s := storedRecord{Sum: checksum(keys), Secrets: slices.Sorted(maps.Keys(r.secrets)), Seen: r.seen}
	var last int64
	stored := 0
	for i, key := range keys {
		zxid, ok := r.nodes[key]
		if ok {
			stored++
		}
		if i > 0 && zxid == last {
			s.Runs[len(s.Runs)-1]++
			continue
		}
		s.Runs = append(s.Runs, zxid-last, 1)
		last = zxid
	}
	if stored < len(r.nodes) {
		s.More = maps.Clone(r.nodes)
		for _, key := range keys {
			delete(s.More, key)
		}
	}
	return json.Marshal(s)
}

// decodeRecord reads what encode wrote. Where it does not fit the nodes, which is so when
// somebody has edited the state, nothing is known of them.
func decodeRecord(b []byte, nodes contents) record {
	r := newRecord()
	var s storedRecord
	if len(b) == 0 || json.Unmarshal(b, &s) != nil {
		return r
	}
	r.seen = s.Seen
	for _, key := range s.Secrets {
		r.secrets[key] = true
	}
	keys := positions(nodes, r.secrets)
	if s.Sum == checksum(keys) {
		var zxid int64
		for i := 0; i+1 < len(s.Runs); i += 2 {
			zxid += s.Runs[i]
			for n := s.Runs[i+1]; n > 0 && len(keys) > 0; n-- {
				if zxid != 0 {
					r.nodes[keys[0]] = zxid
				}
				keys = keys[1:]
			}
		}
	}
	maps.Copy(r.nodes, s.More)
	return r
}

// load returns the record of a state with the nodes.
func load(ctx context.Context, p attr.PrivateState, nodes contents) (record, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, recordKey)
	return decodeRecord(b, nodes), diags
}

// save stores the record of a state with the nodes.
func (r record) save(ctx context.Context, p attr.PrivateState, nodes contents) diag.Diagnostics {
	b, err := r.encode(nodes)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("State cannot be written", fmt.Sprintf("The private state of the nodes: %v. This is a bug in the provider.", err))}
	}
	return p.SetKey(ctx, recordKey, b)
}

// loadExtra returns the nodes that a plan is to remove beyond those of its prior state.
func loadExtra(ctx context.Context, p attr.PrivateState) (map[string]int64, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, extraKey)
	extra := make(map[string]int64)
	if len(b) > 0 {
		if err := json.Unmarshal(b, &extra); err != nil {
			diags.AddError("Plan is damaged", fmt.Sprintf("What exclusive = true is to remove cannot be read: %v. This is a bug in the provider.", err))
		}
	}
	return extra, diags
}

// saveExtra is the opposite of loadExtra; no nodes leave nothing.
func saveExtra(ctx context.Context, p attr.PrivateState, extra map[string]int64) diag.Diagnostics {
	if len(extra) == 0 {
		return p.SetKey(ctx, extraKey, nil)
	}
	b, err := json.Marshal(extra)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Plan cannot be written", err.Error())}
	}
	return p.SetKey(ctx, extraKey, b)
}
