package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-zookeeper/internal/provider"
	"terraform-provider-zookeeper/internal/provider/session"
)

// attrs are attributes by name; what is left out is null. Objects and maps are maps, sets
// and lists are slices.
type attrs = map[string]any

// unknown is a value that is known only after apply.
const unknown = tftypes.UnknownValue

// A driver does with a provider what a CLI does, over the protocol and in this process,
// and keeps what it was told: each diagnostic and each error of a function, in their order.
type driver struct {
	tb      testing.TB
	ctx     context.Context //nolint:containedctx // that of the requests, which a test may end
	server  frameworkServer
	schemas *tfprotov6.GetProviderSchemaResponse
	told    []*tfprotov6.Diagnostic
	// configured is what the provider was last configured with.
	configured *tfprotov6.DynamicValue
}

// frameworkServer is what the provider serves.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

func newDriver(tb testing.TB) *driver {
	tb.Helper()
	return newDriverOf(tb, func(sessions *session.Group) (tfprotov6.ProviderServer, error) {
		return provider.NewServer(provider.New("test", sessions))
	})
}

// newDriverOf drives what serves a provider with its sessions.
func newDriverOf(tb testing.TB, serve func(*session.Group) (tfprotov6.ProviderServer, error)) *driver {
	tb.Helper()
	sessions := new(session.Group)
	server, err := serve(sessions)
	if err != nil {
		tb.Fatal(err)
	}
	d := &driver{tb: tb, ctx: tb.Context()}
	var ok bool
	if d.server, ok = server.(frameworkServer); !ok {
		tb.Fatalf("%T lists nothing", server)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = sessions.Close(ctx) // where its servers are gone there is nothing to end
	})
	if d.schemas, err = server.GetProviderSchema(tb.Context(), new(tfprotov6.GetProviderSchemaRequest)); err != nil {
		tb.Fatal(err)
	}
	return d
}

// hears takes up diagnostics, and reports whether all is well so far.
func (d *driver) hears(diags []*tfprotov6.Diagnostic, err error) bool {
	d.tb.Helper()
	if err != nil {
		d.tb.Fatal(err)
	}
	d.told = append(d.told, diags...)
	for _, diag := range diags {
		if diag.Severity == tfprotov6.DiagnosticSeverityError {
			return false
		}
	}
	return true
}

// configure validates and configures the provider.
func (d *driver) configure(config attrs) {
	d.tb.Helper()
	v := d.config(d.schemas.Provider, config)
	valid, err := d.server.ValidateProviderConfig(d.ctx, &tfprotov6.ValidateProviderConfigRequest{Config: v})
	if !d.hears(valid.Diagnostics, err) {
		return
	}
	d.configured = v
	d.again()
}

// again configures the provider as before. A CLI does so in another process for each of its
// runs: what one run has taken over, another may destroy.
func (d *driver) again() {
	d.tb.Helper()
	resp, err := d.server.ConfigureProvider(d.ctx, &tfprotov6.ConfigureProviderRequest{Config: d.configured})
	d.hears(resp.Diagnostics, err)
}

// An instance is a resource as it is in a state, with what the provider keeps of it.
type instance struct {
	typ      string
	state    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// A change is a plan for an instance.
type change struct {
	of      *instance
	config  *tfprotov6.DynamicValue
	planned *tfprotov6.DynamicValue
	private []byte
	ok      bool // it was planned without errors
}

// none is an instance that does not exist yet.
func (d *driver) none(typ string) *instance {
	return &instance{typ: typ, state: tftypes.NewValue(d.schemas.ResourceSchemas[typ].ValueType(), nil)}
}

// create plans and makes a resource.
func (d *driver) create(typ string, config attrs) *instance {
	d.tb.Helper()
	i := d.none(typ)
	d.apply(d.plan(i, config))
	return i
}

// update plans and makes a change.
func (d *driver) update(i *instance, config attrs) {
	d.tb.Helper()
	d.apply(d.plan(i, config))
}

// destroy plans and does what removes a resource, in a run of its own.
func (d *driver) destroy(i *instance) {
	d.tb.Helper()
	d.again()
	d.apply(d.plan(i, nil))
}

// plan validates a configuration and plans for it; for nil, a removal.
func (d *driver) plan(i *instance, config attrs) *change {
	d.tb.Helper()
	schema := d.schemas.ResourceSchemas[i.typ]
	c := &change{of: i}
	proposed := tftypes.NewValue(schema.ValueType(), nil)
	if config == nil {
		c.config = d.dynamic(proposed)
		// The process that plans is one that reads. What comes of it does not matter here.
		_, _ = d.server.ReadResource(d.ctx, &tfprotov6.ReadResourceRequest{TypeName: i.typ, CurrentState: d.dynamic(i.state), Private: i.private, CurrentIdentity: i.identity})
	} else {
		c.config = d.config(schema, config)
		valid, err := d.server.ValidateResourceConfig(d.ctx, &tfprotov6.ValidateResourceConfigRequest{
			TypeName: i.typ, Config: c.config,
			ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
		})
		if !d.hears(valid.Diagnostics, err) {
			return c
		}
		proposed = d.proposed(schema, i.state, c.config)
	}
	resp, err := d.server.PlanResourceChange(d.ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: i.typ, Config: c.config, PriorState: d.dynamic(i.state), ProposedNewState: d.dynamic(proposed),
		PriorPrivate: i.private, PriorIdentity: i.identity,
	})
	c.ok = d.hears(resp.Diagnostics, err)
	c.planned, c.private = resp.PlannedState, resp.PlannedPrivate
	return c
}

// proposed is what a CLI proposes to plan: what is configured, and of what is computed what
// there was.
func (d *driver) proposed(schema *tfprotov6.Schema, prior tftypes.Value, config *tfprotov6.DynamicValue) tftypes.Value {
	d.tb.Helper()
	configured, before := d.attributes(schema, config), make(map[string]tftypes.Value)
	if !prior.IsNull() {
		if err := prior.As(&before); err != nil {
			d.tb.Fatal(err)
		}
	}
	for _, a := range schema.Block.Attributes {
		v, ok := before[a.Name]
		switch {
		case a.WriteOnly:
			configured[a.Name] = tftypes.NewValue(a.ValueType(), nil)
		case a.Computed && ok && configured[a.Name].IsNull():
			configured[a.Name] = v
		}
	}
	return tftypes.NewValue(schema.ValueType(), configured)
}

// apply does what was planned, if it was.
func (d *driver) apply(c *change) {
	d.tb.Helper()
	if !c.ok {
		return
	}
	i := c.of
	resp, err := d.server.ApplyResourceChange(d.ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: i.typ, Config: c.config, PriorState: d.dynamic(i.state), PlannedState: c.planned, PlannedPrivate: c.private, PlannedIdentity: i.identity,
	})
	d.hears(resp.Diagnostics, err)
	i.private, i.identity = resp.Private, resp.NewIdentity
	i.state = d.value(resp.NewState, d.schemas.ResourceSchemas[i.typ])
}

// refresh reads a resource.
func (d *driver) refresh(i *instance) {
	d.tb.Helper()
	resp, err := d.server.ReadResource(d.ctx, &tfprotov6.ReadResourceRequest{
		TypeName: i.typ, CurrentState: d.dynamic(i.state), Private: i.private, CurrentIdentity: i.identity,
	})
	if d.hears(resp.Diagnostics, err) {
		i.private, i.identity = resp.Private, resp.NewIdentity
		i.state = d.value(resp.NewState, d.schemas.ResourceSchemas[i.typ])
	}
}

// imports imports a resource, and reads it.
func (d *driver) imports(typ, id string) *instance {
	d.tb.Helper()
	i := d.none(typ)
	resp, err := d.server.ImportResourceState(d.ctx, &tfprotov6.ImportResourceStateRequest{TypeName: typ, ID: id})
	if d.hears(resp.Diagnostics, err) {
		imported := resp.ImportedResources[0]
		i.state, i.private, i.identity = d.value(imported.State, d.schemas.ResourceSchemas[typ]), imported.Private, imported.Identity
		d.refresh(i)
	}
	return i
}

// upgrade takes over a state of version 0.
func (d *driver) upgrade(typ string, state attrs) *instance {
	d.tb.Helper()
	text, err := json.Marshal(state)
	if err != nil {
		d.tb.Fatal(err)
	}
	i := d.none(typ)
	resp, err := d.server.UpgradeResourceState(d.ctx, &tfprotov6.UpgradeResourceStateRequest{TypeName: typ, RawState: &tfprotov6.RawState{JSON: text}})
	if d.hears(resp.Diagnostics, err) {
		i.state = d.value(resp.UpgradedState, d.schemas.ResourceSchemas[typ])
	}
	return i
}

// move makes a resource of the state of one of another type, as a moved block asks for.
func (d *driver) move(from, to string, state attrs) {
	d.tb.Helper()
	text, err := json.Marshal(state)
	if err != nil {
		d.tb.Fatal(err)
	}
	resp, err := d.server.MoveResourceState(d.ctx, &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: "registry.terraform.io/zkform/zookeeper", SourceTypeName: from, SourceSchemaVersion: d.schemas.ResourceSchemas[from].Version,
		SourceState: &tfprotov6.RawState{JSON: text}, TargetTypeName: to,
	})
	d.hears(resp.Diagnostics, err)
}

// edit changes an attribute in the state of an instance, as somebody with an editor can.
func (d *driver) edit(i *instance, name string, v any) {
	d.tb.Helper()
	var all map[string]tftypes.Value
	if err := i.state.As(&all); err != nil {
		d.tb.Fatal(err)
	}
	all[name] = convert(d.tb, all[name].Type(), v)
	i.state = tftypes.NewValue(i.state.Type(), all)
}

// read reads a data source.
func (d *driver) read(typ string, config attrs) {
	d.tb.Helper()
	v := d.config(d.schemas.DataSourceSchemas[typ], config)
	valid, err := d.server.ValidateDataResourceConfig(d.ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: typ, Config: v})
	if !d.hears(valid.Diagnostics, err) {
		return
	}
	resp, err := d.server.ReadDataSource(d.ctx, &tfprotov6.ReadDataSourceRequest{TypeName: typ, Config: v})
	d.hears(resp.Diagnostics, err)
}

// open opens an ephemeral resource, and returns what the provider keeps of it.
func (d *driver) open(typ string, config attrs) (private []byte) {
	d.tb.Helper()
	private, _ = d.opened(typ, config)
	return private
}

// opened opens an ephemeral resource, and returns what the provider keeps of it and its
// attributes; nil where it was not opened.
func (d *driver) opened(typ string, config attrs) (private []byte, result map[string]tftypes.Value) {
	d.tb.Helper()
	v := d.config(d.schemas.EphemeralResourceSchemas[typ], config)
	valid, err := d.server.ValidateEphemeralResourceConfig(d.ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: typ, Config: v})
	if !d.hears(valid.Diagnostics, err) {
		return nil, nil
	}
	resp, err := d.server.OpenEphemeralResource(d.ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: typ, Config: v})
	if d.hears(resp.Diagnostics, err) {
		result = d.attributes(d.schemas.EphemeralResourceSchemas[typ], resp.Result)
	}
	return resp.Private, result
}

// renew renews a lock, the one ephemeral resource that is, and returns when to do so again.
func (d *driver) renew(private []byte) (again time.Time) {
	d.tb.Helper()
	resp, err := d.server.RenewEphemeralResource(d.ctx, &tfprotov6.RenewEphemeralResourceRequest{TypeName: theLock, Private: private})
	d.hears(resp.Diagnostics, err)
	return resp.RenewAt
}

// closes closes an ephemeral resource.
func (d *driver) closes(typ string, private []byte) {
	d.tb.Helper()
	resp, err := d.server.CloseEphemeralResource(d.ctx, &tfprotov6.CloseEphemeralResourceRequest{TypeName: typ, Private: private})
	d.hears(resp.Diagnostics, err)
}

// list lists nodes.
func (d *driver) list(config attrs) {
	d.tb.Helper()
	const typ = "zookeeper_znode"
	v := d.config(d.schemas.ListResourceSchemas[typ], config)
	valid, err := d.server.ValidateListResourceConfig(d.ctx, &tfprotov6.ValidateListResourceConfigRequest{TypeName: typ, Config: v})
	if !d.hears(valid.Diagnostics, err) {
		return
	}
	stream, err := d.server.ListResource(d.ctx, &tfprotov6.ListResourceRequest{TypeName: typ, Config: v, Limit: 100})
	if err != nil {
		d.tb.Fatal(err)
	}
	for result := range stream.Results {
		d.hears(result.Diagnostics, nil)
	}
}

// invoke validates and invokes an action.
func (d *driver) invoke(typ string, config attrs) {
	d.tb.Helper()
	v := d.config(d.schemas.ActionSchemas[typ].Schema, config)
	valid, err := d.server.ValidateActionConfig(d.ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: typ, Config: v})
	if !d.hears(valid.Diagnostics, err) {
		return
	}
	stream, err := d.server.InvokeAction(d.ctx, &tfprotov6.InvokeActionRequest{ActionType: typ, Config: v})
	if err != nil {
		d.tb.Fatal(err)
	}
	for event := range stream.Events {
		if done, ok := event.Type.(tfprotov6.CompletedInvokeActionEventType); ok {
			d.hears(done.Diagnostics, nil)
		}
	}
}

// call calls a function with strings and whole numbers. Its error has a text alone, and is kept as a
// diagnostic that has no summary.
func (d *driver) call(name string, arguments ...any) {
	d.tb.Helper()
	req := &tfprotov6.CallFunctionRequest{Name: name}
	for _, a := range arguments {
		var typ tftypes.Type = tftypes.String
		if _, ok := a.(int); ok {
			typ = tftypes.Number
		}
		v, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, a))
		if err != nil {
			d.tb.Fatal(err)
		}
		req.Arguments = append(req.Arguments, &v)
	}
	resp, err := d.server.CallFunction(d.ctx, req)
	if err != nil {
		d.tb.Fatal(err)
	}
	if resp.Error != nil {
		d.told = append(d.told, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Detail: resp.Error.Text})
	}
}

func (d *driver) config(schema *tfprotov6.Schema, config attrs) *tfprotov6.DynamicValue {
	d.tb.Helper()
	return d.dynamic(convert(d.tb, schema.ValueType(), config))
}

func (d *driver) dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	d.tb.Helper()
	dynamic, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		d.tb.Fatal(err)
	}
	return &dynamic
}

func (d *driver) value(v *tfprotov6.DynamicValue, schema *tfprotov6.Schema) tftypes.Value {
	d.tb.Helper()
	value, err := v.Unmarshal(schema.ValueType())
	if err != nil {
		d.tb.Fatal(err)
	}
	return value
}

func (d *driver) attributes(schema *tfprotov6.Schema, v *tfprotov6.DynamicValue) map[string]tftypes.Value {
	d.tb.Helper()
	var all map[string]tftypes.Value
	if err := d.value(v, schema).As(&all); err != nil {
		d.tb.Fatal(err)
	}
	return all
}

// convert makes a value of a type from Go's.
func convert(tb testing.TB, typ tftypes.Type, v any) tftypes.Value {
	tb.Helper()
	if v == nil || v == unknown {
		return tftypes.NewValue(typ, v)
	}
	switch typ := typ.(type) {
	case tftypes.Object:
		given, all := entries(tb, v), make(map[string]tftypes.Value)
		for name, of := range typ.AttributeTypes {
			all[name] = convert(tb, of, given[name])
			delete(given, name)
		}
		for name := range given {
			tb.Fatalf("there is no attribute %s", name)
		}
		return tftypes.NewValue(typ, all)
	case tftypes.Map:
		all := make(map[string]tftypes.Value)
		for key, element := range entries(tb, v) {
			all[key] = convert(tb, typ.ElementType, element)
		}
		return tftypes.NewValue(typ, all)
	case tftypes.Set:
		return tftypes.NewValue(typ, elements(tb, typ.ElementType, v))
	case tftypes.List:
		return tftypes.NewValue(typ, elements(tb, typ.ElementType, v))
	}
	return tftypes.NewValue(typ, v)
}

// entries returns a copy of a map.
func entries(tb testing.TB, v any) attrs {
	tb.Helper()
	given, ok := v.(attrs)
	if !ok {
		tb.Fatalf("%T is no object or map", v)
	}
	return maps.Clone(given)
}

func elements(tb testing.TB, typ tftypes.Type, v any) []tftypes.Value {
	tb.Helper()
	given, ok := v.([]any)
	if !ok {
		tb.Fatalf("%T is no list or set", v)
	}
	all := make([]tftypes.Value, len(given))
	for i, element := range given {
		all[i] = convert(tb, typ, element)
	}
	return all
}

// acl is an ACL in the notation of a configuration.
func acl(list ...[3]string) []any {
	all := make([]any, len(list))
	for i, e := range list {
		all[i] = attrs{"scheme": e[0], "id": e[1], "permissions": e[2]}
	}
	return all
}

// kept is what a provider keeps of an instance, with something in it that is not what it
// put there.
func kept(tb testing.TB, key, value string) []byte {
	tb.Helper()
	private, err := json.Marshal(map[string][]byte{key: []byte(value)})
	if err != nil {
		tb.Fatal(fmt.Errorf("private state: %w", err))
	}
	return private
}
