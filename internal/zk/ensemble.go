package zk

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"terraform-provider-zookeeper/internal/zk/engine"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// The roles of an ensemble's servers.
const (
	Participant = "participant"
	Observer    = "observer"
)

// A Member is one server of an ensemble, as the ensemble's configuration has it.
type Member struct {
	ID int64
	// Address is where the other servers reach it, "host:quorum-port:election-port"; several
	// are separated by "|".
	Address string
	// Role is [Participant] or [Observer].
	Role string
	// ClientAddress is where clients reach it, "host:port"; empty where the configuration does
	// not say it. The host can be 0.0.0.0, for all that the server has.
	ClientAddress string
}

// String is the member in the notation of [Reconfig].
func (m Member) String() string {
	return fmt.Sprintf("server.%d=%s:%s;%s", m.ID, m.Address, m.Role, m.ClientAddress)
}

// Equal reports whether both are the same server, in the same role and at the same addresses; see [SameAddress].
func (m Member) Equal(other Member) bool {
	return m.ID == other.ID && m.Role == other.Role && SameAddress(m.Address, other.Address) && SameAddress(m.ClientAddress, other.ClientAddress)
}

// SameAddress reports whether two addresses of a [Member] are the same. Servers sort those that "|" separates, and
// write an IPv6 address out.
func SameAddress(a, b string) bool { return a == b || canonicalAddress(a) == canonicalAddress(b) }

func canonicalAddress(address string) string {
	all := strings.Split(address, "|")
	for i, one := range all {
		if host, ports, ok := strings.Cut(strings.TrimPrefix(one, "["), "]"); ok {
			if ip, err := netip.ParseAddr(host); err == nil {
				all[i] = "[" + ip.String() + "]" + ports
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, "|")
}

// CheckMemberAddress tells what is wrong with the Address of a [Member].
func CheckMemberAddress(address string) error {
	for one := range strings.SplitSeq(address, "|") {
		colon := strings.LastIndexByte(one, ':')
		err := CheckClientAddress(one[:max(colon, 0)])
		if err == nil {
			err = CheckClientAddress("host" + one[colon:])
		}
		if err != nil {
			return fmt.Errorf("%s is no host with two ports, as in \"zk4.example.com:2888:3888\": %w", shown.Text(one), err)
		}
	}
	return nil
}

// CheckClientAddress tells what is wrong with the ClientAddress of a [Member], which may not be empty here.
func CheckClientAddress(address string) error {
	hosts, err := engine.ParseHosts(address)
	if err == nil && (len(hosts) != 1 || !SameAddress(hosts[0], address)) {
		err = fmt.Errorf("%s is no host with a port", shown.Text(address))
	}
	return err
}

// An Ensemble is the configuration of an ensemble.
type Ensemble struct {
	// Members are sorted by id; a standalone server has none.
	Members []Member
	// Version is the transaction that the configuration came with, see [ConfigVersion].
	Version int64
}

// Member returns the member with the id, and reports whether the ensemble has it.
func (e Ensemble) Member(id int64) (Member, bool) {
	i := slices.IndexFunc(e.Members, func(m Member) bool { return m.ID == id })
	if i < 0 {
		return Member{}, false
	}
	return e.Members[i], true
}

// SetMember makes a server a member of the ensemble whose configuration has the version, or gives a member another role
// or other addresses. It returns the new configuration. The errors are those of [Client.Reconfig].
func (c *Client) SetMember(ctx context.Context, m Member, version int64) (Ensemble, error) {
	return c.changeMember(ctx, Reconfig{Joining: m.String(), FromConfig: version})
}

// RemoveMember removes a member from the ensemble whose configuration has the version. It returns the new
// configuration. The errors are those of [Client.Reconfig].
func (c *Client) RemoveMember(ctx context.Context, id, version int64) (Ensemble, error) {
	return c.changeMember(ctx, Reconfig{Leaving: strconv.FormatInt(id, 10), FromConfig: version})
}

func (c *Client) changeMember(ctx context.Context, r Reconfig) (Ensemble, error) {
	config, _, err := c.Reconfig(ctx, r)
	if err != nil {
		return Ensemble{}, err
	}
	e, err := ParseEnsemble(config)
	if err != nil {
		return Ensemble{}, &Error{Op: OpNameReconfig, Path: configPath, Err: err}
	}
	return e, nil
}

// Ensemble returns the ensemble's configuration. It needs 3.5.
func (c *Client) Ensemble(ctx context.Context) (Ensemble, error) {
	config, _, err := c.EnsembleConfig(ctx)
	if err != nil {
		return Ensemble{}, err
	}
	e, err := ParseEnsemble(config)
	if err != nil {
		return Ensemble{}, &Error{Op: OpNameGet, Path: configPath, Err: err}
	}
	return e, nil
}

// maxMembers bounds the servers of an ensemble. Their ids are at most 255 (ZooKeeper Administrator's Guide, "myid").
const maxMembers = 255

// ParseEnsemble reads a configuration as [Client.EnsembleConfig] and [Client.Reconfig] return it. One of more than 255
// servers is an error.
func ParseEnsemble(config []byte) (Ensemble, error) {
	var e Ensemble
	if len(config) == 0 { // that of a standalone server
		return e, nil
	}
	var err error
	if e.Version, err = ConfigVersion(config); err != nil {
		return Ensemble{}, err
	}
	for line := range strings.Lines(string(config)) {
		line = strings.TrimSpace(line)
		id, server, ok := strings.Cut(strings.TrimPrefix(line, "server."), "=")
		if !strings.HasPrefix(line, "server.") {
			continue // groups and weights
		}
		m, err := parseMember(id, server)
		if !ok || err != nil {
			return Ensemble{}, fmt.Errorf("the ensemble's configuration has the line %s, which is no server", shown.Text(line))
		}
		if len(e.Members) == maxMembers {
			return Ensemble{}, fmt.Errorf("the ensemble's configuration has more than %d servers", maxMembers)
		}
		e.Members = append(e.Members, m)
	}
	slices.SortFunc(e.Members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) }) // servers keep them in a hash table
	for i, m := range e.Members {
		if i > 0 && m.ID == e.Members[i-1].ID {
			return Ensemble{}, fmt.Errorf("the ensemble's configuration has the server %d twice", m.ID)
		}
	}
	return e, nil
}

// parseMember reads a server in the notation "host:port:port[:role][|host:port:port[:role]][;[host:]port]".
func parseMember(id, server string) (m Member, err error) {
	if m.ID, err = strconv.ParseInt(id, 10, 64); err != nil {
		return Member{}, err
	}
	m.Address, m.ClientAddress, _ = strings.Cut(server, ";")
	m.Role = Participant
	for _, role := range []string{Participant, Observer} {
		if address, ok := strings.CutSuffix(m.Address, ":"+role); ok {
			m.Address, m.Role = strings.ReplaceAll(address, ":"+role+"|", "|"), role
		}
	}
	for address := range strings.SplitSeq(m.Address, "|") {
		if _, ok := hostOf(address); !ok {
			return Member{}, fmt.Errorf("%s is no host with two ports", address)
		}
	}
	if m.ClientAddress != "" && !strings.Contains(m.ClientAddress, ":") {
		m.ClientAddress = "0.0.0.0:" + m.ClientAddress
	}
	return m, nil
}

// hostOf returns the host of "host:port:port".
func hostOf(address string) (host string, ok bool) {
	for range 2 {
		colon := strings.LastIndexByte(address, ':')
		if colon < 0 {
			return "", false
		}
		if _, err := strconv.ParseUint(address[colon+1:], 10, 16); err != nil {
			return "", false
		}
		address = address[:colon]
	}
	return address, address != ""
}

// Reachable is where a client reaches a server: its ClientAddress, at the host of its Address where that says
// no more than a port. It is empty where the configuration has no client address.
func (m Member) Reachable() string {
	host, port, err := net.SplitHostPort(m.ClientAddress)
	if err != nil {
		return m.ClientAddress
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsUnspecified() {
		return m.ClientAddress
	}
	first, _, _ := strings.Cut(m.Address, "|")
	host, ok := hostOf(first)
	if !ok {
		return ""
	}
	return host + ":" + port
}
