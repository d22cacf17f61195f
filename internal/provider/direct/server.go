package direct

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"

	"terraform-provider-zookeeper/internal/provider/session"
)

// A Server answers requests about a resource. What it reports false for, and has done nothing
// for, is the framework's to answer.
type Server[M any] struct {
	logic    func(*session.Session) Logic[M]
	codec    codec[M]
	identity string
	version  int64
}

// New returns a server for a resource: its schema, the attribute that identifies it, and what it
// does in a session.
func New[M any](of schema.Schema, identity string, logic func(*session.Session) Logic[M]) (*Server[M], error) {
	ctx := context.Background() // for a schema, nothing is done
	c, err := newCodec[schema.Attribute, M](of.Attributes)
	if err == nil {
		err = c.plannable(ctx)
	}
	return &Server[M]{logic, c, identity, of.Version}, err
}

// UpgradeResourceState converts a state of the present version. The CLIs ask for it too.
func (s *Server[M]) UpgradeResourceState(_ context.Context, _ *session.Session, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, bool) {
	if req.Version != s.version || req.RawState == nil {
		return nil, false
	}
	m, err := s.codec.stored(req.RawState.JSON)
	if err != nil {
		return nil, false
	}
	state, err := s.codec.encode(m)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: state}, err == nil
}

// ValidateResourceConfig answers for what is valid.
func (s *Server[M]) ValidateResourceConfig(ctx context.Context, of *session.Session, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, bool) {
	config, err := s.codec.decode(req.Config)
	if err != nil || config == nil || !s.codec.valid(ctx, config) {
		return nil, false
	}
	r := &Request[M]{Config: config}
	s.logic(of).Validates(ctx, r)
	return new(tfprotov6.ValidateResourceConfigResponse), len(r.Diags) == 0
}

// PlanResourceChange plans.
func (s *Server[M]) PlanResourceChange(ctx context.Context, of *session.Session, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, bool) {
	r, ok := s.request(of, req.Config, req.ProposedNewState, req.PriorState, req.PriorPrivate)
	if !ok || r.Plan != nil && r.Config == nil || r.Plan == nil && r.State == nil {
		return nil, false
	}
	var a answer[M]
	if r.Plan != nil {
		s.codec.fill(r.Plan, r.Config)
		if !bytes.Equal(a.value(s.codec, r.Plan).MsgPack, a.value(s.codec, r.State).MsgPack) {
			s.codec.forget(r.Plan, r.Config)
		}
	}
	planned := a.value(s.codec, r.Plan) // where nothing is said of it
	s.logic(of).Plans(ctx, r)
	if r.Result != nil {
		planned = a.value(s.codec, r.Result)
	}
	return &tfprotov6.PlanResourceChangeResponse{
		PlannedState: planned, PlannedPrivate: a.private(r), PlannedIdentity: orNull(req.PriorIdentity),
		RequiresReplace: a.replaced(ctx, r), Diagnostics: a.told(ctx, r),
	}, true
}

// ReadResource refreshes.
func (s *Server[M]) ReadResource(ctx context.Context, of *session.Session, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, bool) {
	r, ok := s.request(of, null, null, req.CurrentState, req.Private)
	if !ok || r.State == nil || !s.same(req.CurrentIdentity, r.State) {
		return nil, false
	}
	s.logic(of).Reads(ctx, r)
	var a answer[M]
	state := req.CurrentState
	switch {
	case r.Gone:
		state = null
	case r.Result != nil:
		state = a.value(s.codec, r.Result)
	}
	return &tfprotov6.ReadResourceResponse{
		NewState: state, Private: a.private(r), NewIdentity: s.identified(r, req.CurrentIdentity), Diagnostics: a.told(ctx, r),
	}, true
}

// ApplyResourceChange creates, updates and deletes.
func (s *Server[M]) ApplyResourceChange(ctx context.Context, of *session.Session, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, bool) {
	r, ok := s.request(of, req.Config, req.PlannedState, req.PriorState, req.PlannedPrivate)
	if !ok {
		return nil, false
	}
	var a answer[M]
	state, identity := req.PriorState, orNull(req.PlannedIdentity)
	switch {
	case r.Plan == nil && r.State == nil, r.Plan != nil && r.Config == nil:
		return nil, false
	case r.State == nil:
		r.Private = make(private) // as the framework has it
		s.logic(of).Creates(ctx, r)
	case r.Plan == nil:
		s.logic(of).Deletes(ctx, r)
		if !r.Failed() {
			state, identity, r.Private = null, orNull(nil), make(private)
		}
	case !s.same(req.PlannedIdentity, r.Plan):
		return nil, false
	default:
		s.logic(of).Updates(ctx, r)
	}
	if r.Result != nil {
		state = a.value(s.codec, r.Result)
	}
	if !r.Identity.IsNull() {
		identity = s.identified(r, nil)
	}
	return &tfprotov6.ApplyResourceChangeResponse{NewState: state, NewIdentity: identity, Private: a.private(r), Diagnostics: a.told(ctx, r)}, true
}

// null is no value.
var null = &tfprotov6.DynamicValue{MsgPack: []byte{0xc0}}

// orNull is an identity, or one without a value where there is none.
func orNull(identity *tfprotov6.ResourceIdentityData) *tfprotov6.ResourceIdentityData {
	if identity == nil || identity.IdentityData == nil {
		return &tfprotov6.ResourceIdentityData{IdentityData: null}
	}
	return identity
}

// request decodes what a request has; false where the framework is to.
func (s *Server[M]) request(of *session.Session, config, plan, state *tfprotov6.DynamicValue, remembered []byte) (*Request[M], bool) {
	if of == nil || !of.Known() {
		return nil, false
	}
	p, ok := loadPrivate(remembered)
	r := &Request[M]{Private: p}
	for _, v := range []struct {
		to   **M
		from *tfprotov6.DynamicValue
	}{{&r.Config, config}, {&r.Plan, plan}, {&r.State, state}} {
		m, err := s.codec.decode(v.from)
		ok = ok && err == nil
		*v.to = m
	}
	return r, ok
}

// identified is the identity of an answer.
func (s *Server[M]) identified(r *Request[M], before *tfprotov6.ResourceIdentityData) *tfprotov6.ResourceIdentityData {
	if r.Identity.IsNull() {
		return orNull(before)
	}
	var out bytes.Buffer
	to := msgpack.NewEncoder(&out)
	// Into memory, nothing fails.
	_ = to.EncodeMapLen(1)
	_ = to.EncodeString(s.identity)
	_ = write(to, r.Identity)
	return &tfprotov6.ResourceIdentityData{IdentityData: &tfprotov6.DynamicValue{MsgPack: out.Bytes()}}
}

// same reports whether there is no identity yet, or the one that a model has.
func (s *Server[M]) same(identity *tfprotov6.ResourceIdentityData, m *M) bool {
	if identity == nil || identity.IdentityData == nil || bytes.Equal(identity.IdentityData.MsgPack, null.MsgPack) {
		return true
	}
	r := &Request[M]{Identity: s.codec.text(m, s.identity)}
	return bytes.Equal(identity.IdentityData.MsgPack, s.identified(r, nil).IdentityData.MsgPack)
}

// answer converts an answer to the protocol, with what goes wrong on the way.
type answer[M any] struct{ diags diag.Diagnostics }

func (a *answer[M]) failed(err error) {
	if err != nil {
		a.diags.AddError("State cannot be written", err.Error())
	}
}

func (a *answer[M]) value(c codec[M], m *M) *tfprotov6.DynamicValue {
	v, err := c.encode(m)
	a.failed(err)
	return v
}

func (a *answer[M]) private(r *Request[M]) []byte {
	p, _ := r.Private.(private)
	b, err := p.bytes()
	a.failed(err)
	return b
}

// replaced are the attributes for which another object is made, sorted and each once.
func (a *answer[M]) replaced(ctx context.Context, r *Request[M]) (paths []*tftypes.AttributePath) {
	slices.SortFunc(r.Replace, func(a, b path.Path) int { return strings.Compare(a.String(), b.String()) })
	for _, p := range slices.CompactFunc(r.Replace, path.Path.Equal) {
		paths = append(paths, a.path(ctx, p))
	}
	return paths
}

// told are the diagnostics.
func (a *answer[M]) told(ctx context.Context, r *Request[M]) (told []*tfprotov6.Diagnostic) {
	for _, d := range append(r.Diags, a.diags...) {
		to := &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: d.Summary(), Detail: d.Detail()}
		if d.Severity() == diag.SeverityError {
			to.Severity = tfprotov6.DiagnosticSeverityError
		}
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			to.Attribute = a.path(ctx, at.Path())
		}
		told = append(told, to)
	}
	return told
}

// path converts the path of an attribute.
func (a *answer[M]) path(ctx context.Context, p path.Path) *tftypes.AttributePath {
	var steps []tftypes.AttributePathStep
	for _, step := range p.Steps() {
		switch step := step.(type) {
		case path.PathStepAttributeName:
			steps = append(steps, tftypes.AttributeName(step))
		case path.PathStepElementKeyInt:
			steps = append(steps, tftypes.ElementKeyInt(step))
		case path.PathStepElementKeyString:
			steps = append(steps, tftypes.ElementKeyString(step))
		case path.PathStepElementKeyValue:
			v, err := step.ToTerraformValue(ctx)
			a.failed(err)
			steps = append(steps, tftypes.ElementKeyValue(v))
		}
	}
	return tftypes.NewAttributePathWithSteps(steps)
}
