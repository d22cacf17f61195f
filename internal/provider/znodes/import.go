package znodes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/zk"
)

// ImportState begins with what is to be imported; the read that follows fills in the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id, diags := r.ImportedPath(ctx, req)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	what := &importing{Base: id}
	var err error
	if req.ID != "" { // an identity is a base_path and nothing else
		what, err = parseImport(id)
	}
	if err == nil {
		err = what.check(r.Session.CheckManaged)
	}
	if err != nil {
		resp.Diagnostics.Append(invalidImport(err))
		return
	}
	resp.Diagnostics.Append(r.aboutPath(what.Base).Twins(ctx, r.Session)...)
	state := model{
		BasePath:      types.StringValue(what.Base),
		Data:          noNodes(),
		DataBase64:    noNodes(),
		DataWO:        noNodes(),
		DataWOKeys:    keySetValue(nil),
		ACL:           types.SetNull(attr.ACLEntryType),
		Exclusive:     types.BoolValue(false),
		Atomic:        types.BoolValue(true),
		Compare:       types.StringValue(attr.CompareBytes),
		AdoptExisting: types.BoolValue(false),
		OnDestroy:     types.StringValue(attr.OnDestroyDelete),
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(what.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(r.SetIdentity(ctx, resp.Identity, state.BasePath)...)
}

// importing is what an import asks for: all nodes below base_path, or some by their keys, or by
// patterns. The private state has it until the read.
type importing struct {
	Base    string   `json:"base"`
	Keys    []string `json:"keys,omitempty"`
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
}

// importKey is where the private state has what an import asks for.
const importKey = "import"

// parseImport reads the id of an import: base_path, then perhaps keys with // in front of each,
// or patterns as in ?include=config/**&exclude=config/changes/**.
func parseImport(id string) (*importing, error) {
	base, query, filtered := cutQuery(id)
	base, keys, some := strings.Cut(base, "//")
	if base == "" {
		base = root
	}
	what := &importing{Base: base}
	if some {
		what.Keys = strings.Split(keys, "//")
	}
	switch {
	case filtered && some:
		return what, errors.New("keys (//) and patterns (?) do not go together. Write each key as a pattern, with include=")
	case !filtered:
		return what, nil
	}
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		pattern, err := url.PathUnescape(value)
		if err != nil {
			return what, fmt.Errorf("in %q, %%XX is not the code of a character. Write %%25 for a %%, and %%26 for an &", part)
		}
		switch name {
		case "include":
			what.Include = append(what.Include, pattern)
		case "exclude":
			what.Exclude = append(what.Exclude, pattern)
		default:
			return what, fmt.Errorf("after ? come include=PATTERN and exclude=PATTERN with & between them, and %q is neither. Write %%26 for an & in a pattern", part)
		}
	}
	return what, nil
}

// cutQuery cuts an id in front of its patterns. A question mark can be part of a path too.
func cutQuery(id string) (base, query string, found bool) {
	at := len(id)
	for _, start := range []string{"?include=", "?exclude="} {
		if i := strings.Index(id, start); i >= 0 {
			at = min(at, i)
		}
	}
	if at == len(id) {
		return id, "", false
	}
	return id[:at], id[at+1:], true
}

// check tells what is wrong with what an import asks for.
func (i *importing) check(managed func(path string) error) error {
	nodes := make(contents)
	for _, key := range i.Keys {
		if err := checkKey(key); err != nil {
			return fmt.Errorf("after base_path, keys follow with // in front of each, and %q is no key: %w", key, err)
		}
		nodes[key] = ""
	}
	if err := attr.CheckPath(i.Base); err != nil {
		return err
	}
	if _, err := attr.ParseFilter(i.Include, i.Exclude); err != nil {
		return err
	}
	var keys model
	keys.introduce(nodes)
	return checkBase(i.Base, managed, keys.Data)
}

// loadImport returns what an import asks for; nil where there is none.
func loadImport(ctx context.Context, p attr.PrivateState) (*importing, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, importKey)
	if len(b) == 0 {
		return nil, diags
	}
	what := new(importing)
	if err := json.Unmarshal(b, what); err != nil {
		diags.Append(damagedState(err))
		return nil, diags
	}
	return what, diags
}

// save stores what an import asks for; nil takes it away.
func (i *importing) save(ctx context.Context, p attr.PrivateState) diag.Diagnostics {
	if i == nil {
		return p.SetKey(ctx, importKey, nil)
	}
	b, err := json.Marshal(i)
	if err != nil {
		return diag.Diagnostics{notEncoded(err)}
	}
	return p.SetKey(ctx, importKey, b)
}

// importedKey is where the private state says that no apply has written to the nodes since their
// import: they are others' work.
const importedKey = "imported"

// markImported notes that nodes were imported, or that an apply has written to them since.
func markImported(ctx context.Context, p attr.PrivateState, imported bool) diag.Diagnostics {
	if !imported {
		return p.SetKey(ctx, importedKey, nil)
	}
	return p.SetKey(ctx, importedKey, []byte("true"))
}

// isImported reports what markImported has noted.
func isImported(ctx context.Context, p attr.PrivateState) (bool, diag.Diagnostics) {
	b, diags := p.GetKey(ctx, importedKey)
	return len(b) > 0, diags
}

// read reads what an import asks for.
func (i *importing) read(ctx context.Context, client *zk.Client, about diagnose.Subject) (refreshed, diag.Diagnostics) {
	var found refreshed
	var err error
	var diags diag.Diagnostics
	if len(i.Keys) > 0 {
		found, err = i.readKeys(ctx, client, about)
	} else {
		found, diags, err = i.readAll(ctx, client, about)
	}
	switch {
	case diags.HasError():
		return refreshed{}, diags
	case errors.Is(err, zk.ErrNoNode):
		return refreshed{gone: true}, nil
	case err != nil:
		diags.Append(importFailed(about, err))
		return refreshed{}, diags
	}
	found.latest = client.Zxid()
	return found, diags
}

// readAll reads all nodes below base that can be a resource's and that the patterns mean.
// Empty ones in between are the resource's without being shown, as those that it would make,
// and ephemeral ones belong to the sessions of others.
func (i *importing) readAll(ctx context.Context, client *zk.Client, about diagnose.Subject) (found refreshed, diags diag.Diagnostics, err error) {
	filter, err := attr.ParseFilter(i.Include, i.Exclude)
	if err != nil {
		return refreshed{}, nil, err
	}
	found = refreshed{holding: newHolding(i.Base)}
	meant, between, unnamed, err := i.survey(ctx, client, filter)
	if err != nil {
		return refreshed{}, nil, err
	}
	include, exclude := filter.Unused()
	switch {
	case len(include) > 0:
		return refreshed{}, diag.Diagnostics{patternsMeanNothing(i.Base, include)}, nil
	case len(exclude) > 0:
		diags.Append(patternsExcludeNothing(i.Base, exclude))
	}
	if unnamed.Count > 0 {
		diags.Append(about.Unnamed(unnamed, "They were not imported, nor what is below them."))
	}
	for key, zxid := range between {
		found.see(key, zk.Stat{Mzxid: zxid}, written{others: key == "" || !filter.Match(key), theirs: true})
	}
	readings, err := client.ReadMany(ctx, meant, false)
	if err != nil {
		return refreshed{}, nil, err
	}
	for _, reading := range readings {
		switch {
		case errors.Is(reading.Err, zk.ErrNoNode): // it has gone meanwhile
		case reading.Err != nil:
			return refreshed{}, nil, reading.Err
		default:
			key := keyOf(i.Base, reading.Path)
			found.nodes[key] = string(reading.Data)
			found.see(key, reading.Stat, written{theirs: true})
		}
	}
	return found, diags, nil
}

// survey finds the nodes that an import means, by their paths, and those in between that it
// does not show, by their keys and with the transactions that last wrote them.
func (i *importing) survey(ctx context.Context, client *zk.Client, filter *attr.Filter) (meant []string, in map[string]int64, unnamed diagnose.Unnamed, err error) {
	keys, empty := make(contents), make(map[string]int64)
	err = client.Survey(ctx, i.Base, -1, false, func(reading zk.Reading) error {
		key := keyOf(i.Base, reading.Path)
		is := key != "" && filter.Match(key)
		switch {
		case reading.Err != nil && (is || filter.Below(key)):
			return reading.Err
		case is && !attr.Crosses(key):
			unnamed.Add(reading.Path)
		case reading.Err != nil, key != "" && reading.Stat.EphemeralOwner != 0:
		case is && (reading.Stat.DataLength > 0 || reading.Stat.NumChildren == 0):
			keys[key] = ""
		default:
			empty[key] = reading.Stat.Mzxid
		}
		if !attr.Crosses(key) || !filter.Below(key) {
			return zk.ErrSkipBelow
		}
		return nil
	})
	if err != nil {
		return nil, nil, unnamed, err
	}
	// One with nothing of the resource's below it is in between none of its nodes.
	above := between(keys)
	for key := range empty {
		if !above[key] && filter.Match(key) {
			keys[key] = ""
		}
	}
	above = between(keys)
	maps.DeleteFunc(empty, func(key string, _ int64) bool { _, shown := keys[key]; return shown || !above[key] })
	for key := range keys {
		meant = append(meant, join(i.Base, key))
	}
	slices.Sort(meant)
	return meant, empty, unnamed, nil
}

// readKeys reads the nodes with the keys, all of which must be there, and those in between,
// which are not the resource's.
func (i *importing) readKeys(ctx context.Context, client *zk.Client, about diagnose.Subject) (refreshed, error) {
	found := refreshed{holding: newHolding(i.Base)}
	asked := newHolding(i.Base)
	for _, key := range i.Keys {
		asked.nodes[key] = ""
	}
	err := readAll(ctx, client, asked, between(asked.nodes), func(reading zk.Reading) error {
		key := keyOf(i.Base, reading.Path)
		switch {
		case errors.Is(reading.Err, zk.ErrNoNode) && key != "":
			return nil
		case reading.Err != nil:
			return reading.Err
		case asked.shows(key) && reading.Stat.EphemeralOwner != 0:
			return &ephemeralError{path: reading.Path}
		case asked.shows(key):
			found.nodes[key] = string(reading.Data)
			found.see(key, reading.Stat, written{theirs: true})
		default:
			found.written[key] = written{zxid: reading.Stat.Mzxid, others: true}
		}
		return nil
	})
	if err != nil {
		return refreshed{}, err
	}
	for _, key := range slices.Sorted(maps.Keys(asked.nodes)) {
		if !found.shows(key) {
			return refreshed{}, &missingError{path: asked.path(key), twins: about.Run.Twins(ctx, asked.path(key))}
		}
	}
	return found, nil
}

// A missingError tells that a node that is to be imported is not there.
type missingError struct {
	path string
	// twins are nodes whose paths look the same, in another Unicode form.
	twins []string
}

func (e *missingError) Error() string { return fmt.Sprintf("there is no node %q", e.path) }
