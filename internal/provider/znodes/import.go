package znodes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// ImportState begins with a path, and perhaps with keys below it; the read that follows
// fills in the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	base, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	keys, some := "", false
	if req.ID != "" { // an identity has no keys
		if base, keys, some = strings.Cut(base, "//"); base == "" {
			base = root
		}
	}
	state := model{
		BasePath:      types.StringValue(base),
		DataWOKeys:    keySetValue(nil),
		ACL:           types.SetNull(attr.ACLEntryType),
		Exclusive:     types.BoolValue(false),
		Atomic:        types.BoolValue(true),
		Compare:       types.StringValue(attr.CompareBytes),
		AdoptExisting: types.BoolValue(false),
		OnDestroy:     types.StringValue(attr.OnDestroyDelete),
	}
	if some {
		nodes := make(contents)
		for key := range strings.SplitSeq(keys, "//") {
			if err := checkKey(key); err != nil {
				resp.Diagnostics.Append(invalidImportKey(key, err))
				return
			}
			nodes[key] = ""
		}
		state.introduce(nodes)
	}
	err := attr.CheckPath(base, false)
	if err == nil {
		err = checkBase(base, r.Session.CheckManaged, state.Data)
	}
	if err != nil {
		resp.Diagnostics.Append(invalidImport(err))
		return
	}
	resp.State.Raw, diags = state.encode(ctx, resp.State.Raw.Type())
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.BasePath)...)
}

// importNodes reads what an import asks for: all nodes below base, or some by their keys.
func importNodes(ctx context.Context, client *zk.Client, about diagnose.Subject, wanted holding) (refreshed, diag.Diagnostics) {
	var found refreshed
	var err error
	if len(wanted.nodes) == 0 {
		found, err = importAll(ctx, client, wanted.base)
	} else {
		found, err = importSome(ctx, client, wanted)
	}
	var missing *missingError
	switch {
	case errors.As(err, &missing):
		return refreshed{}, diag.Diagnostics{missingImport(missing)}
	case errors.Is(err, zk.ErrNoNode):
		return refreshed{gone: true}, nil
	case err != nil:
		return refreshed{}, diag.Diagnostics{about.Error(doingImport, err)}
	}
	found.latest = client.Zxid()
	return found, nil
}

// importAll reads all nodes below base that can be a resource's. Empty ones in between are
// the resource's without being shown, as those that it would make, and ephemeral ones belong
// to the sessions of others.
func importAll(ctx context.Context, client *zk.Client, base string) (refreshed, error) {
	found := refreshed{holding: newHolding(base)}
	err := client.Walk(ctx, base, -1, func(reading zk.Reading) error {
		key := keyOf(base, reading.Path)
		switch {
		case key != "" && reading.Stat.EphemeralOwner != 0:
			return nil
		case key != "" && (len(reading.Data) > 0 || len(reading.Children) == 0):
			found.nodes[key] = string(reading.Data)
		}
		found.see(key, reading.Stat.Mzxid, key == "")
		return nil
	})
	if err != nil {
		return refreshed{}, err
	}
	// What is in between ephemeral nodes alone is none of those.
	in := between(found.nodes)
	for key := range found.written {
		if !found.shows(key) && !in[key] {
			found.nodes[key] = ""
		}
	}
	return found, nil
}

// importSome reads the nodes with the keys, all of which must be there, and those in
// between, which are not the resource's.
func importSome(ctx context.Context, client *zk.Client, wanted holding) (refreshed, error) {
	found := refreshed{holding: newHolding(wanted.base)}
	err := readAll(ctx, client, wanted, between(wanted.nodes), func(reading zk.Reading) error {
		key := keyOf(wanted.base, reading.Path)
		switch {
		case errors.Is(reading.Err, zk.ErrNoNode) && key != "":
			return nil
		case reading.Err != nil:
			return reading.Err
		case wanted.shows(key):
			found.nodes[key] = string(reading.Data)
			found.see(key, reading.Stat.Mzxid, false)
		default:
			found.written[key] = written{zxid: reading.Stat.Mzxid, others: true}
		}
		return nil
	})
	if err != nil {
		return refreshed{}, err
	}
	for key := range wanted.nodes {
		if !found.shows(key) {
			return refreshed{}, &missingError{path: wanted.path(key)}
		}
	}
	return found, nil
}

// A missingError tells that a node that is to be imported is not there.
type missingError struct{ path string }

func (e *missingError) Error() string { return fmt.Sprintf("there is no node %q", e.path) }
