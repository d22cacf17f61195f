package engine

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// DefaultPort is the port of a server that is named without one.
const DefaultPort = 2181

// ParseHosts takes a list of servers apart: names, IPv4 addresses or IPv6 addresses in brackets, each with an
// optional port, separated by commas. Blanks around a server do not count. The error names what is wrong.
func ParseHosts(list string) ([]string, error) {
	var hosts []string
	for part := range strings.SplitSeq(list, ",") {
		host, err := parseHost(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

func parseHost(s string) (string, error) {
	if s == "" {
		return "", errors.New("the server list has an empty entry")
	}
	host, port := s, strconv.Itoa(DefaultPort)
	if rest, ok := strings.CutPrefix(s, "["); ok {
		// An IPv6 address, whose colons are no port's.
		var after string
		host, after, ok = strings.Cut(rest, "]")
		if !ok {
			return "", fmt.Errorf("server %q: the bracket is not closed", s)
		}
		if ip, _, _ := strings.Cut(host, "%"); net.ParseIP(ip) == nil || !strings.Contains(ip, ":") {
			return "", fmt.Errorf("server %q: %q is no IPv6 address", s, host)
		}
		if after != "" {
			if port, ok = strings.CutPrefix(after, ":"); !ok {
				return "", fmt.Errorf("server %q: only a port may follow the bracket", s)
			}
		}
	} else {
		switch strings.Count(s, ":") {
		case 0:
		case 1:
			host, port, _ = strings.Cut(s, ":")
		default:
			return "", fmt.Errorf("server %q: write an IPv6 address in brackets, as in [::1]:2181", s)
		}
	}
	if host == "" {
		return "", fmt.Errorf("server %q has no host", s)
	}
	if strings.ContainsAny(host, " \t\r\n@") {
		return "", fmt.Errorf("server %q: %q is no host name", s, host)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", fmt.Errorf("server %q: %q is no port from 1 to 65535", s, port)
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}
