package zk

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"terraform-provider-zookeeper/internal/zk/engine"
)

// DefaultPort is the port of a server that the connect string names without one.
const DefaultPort = engine.DefaultPort

// Servers is a connect string taken apart.
type Servers struct {
	// Hosts are the servers, each "host:port" with an IPv6 address in brackets, in the
	// order of the connect string.
	Hosts []string
	// Chroot is the path that all paths are below; empty for none.
	Chroot string
}

// moreServers matches a server in a chroot.
var moreServers = regexp.MustCompile(`,[^,/]*:\d+(/|,|$)`)

// ParseServers takes a connect string apart: servers separated by commas, and after the
// last one an optional chroot that starts at the first "/". A server is a name, an IPv4
// address or an IPv6 address in brackets, and an optional port (default 2181). Blanks
// around a server do not count. The error names the part that is wrong.
func ParseServers(s string) (Servers, error) {
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		return Servers{}, fmt.Errorf("the server list is no URL: leave %q out, and write host:port,host:port/chroot", scheme+"://")
	}
	if strings.Contains(s, ";") {
		return Servers{}, errors.New("the server list has a semicolon: separate the servers with commas, as in host:port,host:port/chroot")
	}
	hosts, chroot := s, ""
	if i := strings.IndexByte(s, '/'); i >= 0 {
		hosts, chroot = s[:i], strings.TrimSpace(s[i:])
	}
	if _, err := engine.ParseHosts(hosts); err != nil && strings.Contains(s, "@") {
		// What stands before it may be a password, and is not repeated.
		return Servers{}, errors.New("the server list takes no user and no password: leave out what ends in an @, and write host:port,host:port/chroot")
	}
	if strings.TrimSpace(hosts) == "" {
		return Servers{}, errors.New("the server list is empty; write host:port,host:port/chroot")
	}
	if chroot == "/" {
		chroot = ""
	}
	if chroot != "" {
		if err := ValidatePath(chroot); err != nil {
			return Servers{}, fmt.Errorf("chroot: %w", err)
		}
		if moreServers.MatchString(chroot) {
			// A name may have commas and colons, and nobody means that here: what is written
			// would all go below a node of that name.
			return Servers{}, fmt.Errorf("the chroot %q has servers in it: it is written once, behind the last server, as in host:port,host:port/chroot", chroot)
		}
	}
	list, err := engine.ParseHosts(hosts)
	return Servers{Hosts: list, Chroot: chroot}, err
}
