package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"terraform-provider-zookeeper/internal/zk/conn"
	"terraform-provider-zookeeper/internal/zk/guard"
	"terraform-provider-zookeeper/internal/zk/proto"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// ServerInfo is what a server says of itself.
type ServerInfo struct {
	// Version is its version.
	Version Version
	// Revision is the commit that it was built from.
	Revision string
	// Mode is "standalone", "leader", "follower", "observer" or "read-only".
	Mode string
	// Address is where it was asked, "ip:port".
	Address string
}

// A WhitelistError tells that a server refuses a four-letter word.
type WhitelistError struct{ Word string }

// Error names the word and the setting that allows it.
func (e *WhitelistError) Error() string {
	return fmt.Sprintf("the server does not allow the four-letter word %q: add it to 4lw.commands.whitelist", e.Word)
}

const (
	commandTimeout = 5 * time.Second
	// maxCommandReply bounds the answer to a four-letter word in bytes.
	maxCommandReply = 16 << 20
)

// Command sends a four-letter word to the server that the client is connected to, and
// returns all of its answer, 16 MiB at most. It goes over a connection of its own, through
// TLS where that is configured. The error is a *[WhitelistError] when the server does not
// allow the word, and [proto.ErrBadArguments], before anything is sent, when it is not four
// letters from a to z.
func (e *Engine) Command(ctx context.Context, word string) (string, error) {
	if err := checkWord(word); err != nil {
		return "", err
	}
	l, err := e.connected(ctx)
	if err != nil {
		return "", &Error{Op: proto.OpName(word), Err: err}
	}
	text, err := e.command(ctx, l.at, word)
	if err != nil {
		return "", &Error{Op: proto.OpName(word), Err: err}
	}
	return text, nil
}

// CommandAt sends a four-letter word to any server, "host:port" as in a connect string, and
// returns all of its answer, as [Engine.Command] does. It takes no session: a client that has not
// been started can ask, and so can one that has been closed; and a server without a quorum
// answers, if only that it serves nobody. Each of the addresses that the name stands for is tried
// until one answers.
func (e *Engine) CommandAt(ctx context.Context, server, word string) (string, error) {
	if err := checkWord(word); err != nil {
		return "", err
	}
	var text string
	err := e.eachAddress(ctx, server, func(at target) (err error) {
		text, err = e.command(ctx, at, word)
		return err
	})
	if err != nil {
		return "", &Error{Op: proto.OpName(word), Err: err}
	}
	return text, nil
}

// ServerInfoAt asks any server for its version and its part in the ensemble, as
// [Engine.CommandAt] does. One without a quorum that does not serve reads either does not tell
// them: the error says what it has answered.
func (e *Engine) ServerInfoAt(ctx context.Context, server string) (ServerInfo, error) {
	var info ServerInfo
	err := e.eachAddress(ctx, server, func(at target) (err error) {
		info, err = e.serverInfo(ctx, at)
		return err
	})
	if err != nil {
		return ServerInfo{}, &Error{Op: OpNameVersion, Err: err}
	}
	return info, nil
}

// eachAddress calls ask for the addresses of a server until it succeeds, and returns the last
// error otherwise, which names the server.
func (e *Engine) eachAddress(ctx context.Context, server string, ask func(target) error) error {
	host, err := parseHost(server)
	if err != nil {
		return fmt.Errorf("%w: %w", proto.ErrBadArguments, err)
	}
	addresses, err := e.addresses(ctx, host)
	if err != nil {
		return err
	}
	err = fmt.Errorf("the name %s has no address", host)
	for _, address := range addresses {
		at := target{host, address}
		if err = ask(at); err == nil {
			return nil
		}
		if _, refused := errors.AsType[*WhitelistError](err); refused || ctx.Err() != nil {
			return err
		}
		err = fmt.Errorf("%v: %w", at, err)
	}
	return err
}

func checkWord(word string) error {
	if len(word) != 4 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
		return &Error{Op: OpNameCommand, Err: fmt.Errorf("%w: %q is no four-letter word", proto.ErrBadArguments, word)}
	}
	return nil
}

// ServerInfo asks the server that the client is connected to for its version and its part
// in the ensemble, with the four-letter word "srvr", which servers allow by default.
func (e *Engine) ServerInfo(ctx context.Context) (ServerInfo, error) {
	const op = OpNameVersion
	l, err := e.connected(ctx)
	if err != nil {
		return ServerInfo{}, &Error{Op: op, Err: err}
	}
	info, err := e.serverInfo(ctx, l.at)
	if err != nil {
		return ServerInfo{}, &Error{Op: op, Err: err}
	}
	l.version.tell(info.Version, nil)
	return info, nil
}

func (e *Engine) serverInfo(ctx context.Context, at target) (ServerInfo, error) {
	text, err := e.command(ctx, at, "srvr")
	if err != nil {
		return ServerInfo{}, err
	}
	var info ServerInfo
	err = guard.Decode(func() (err error) {
		info, err = parseServerInfo(text)
		return err
	})
	info.Address = at.address
	return info, err
}

// command sends a four-letter word over a connection of its own, as servers want it, and
// reads the answer to its end.
func (e *Engine) command(ctx context.Context, at target, word string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	nc, err := e.dial(ctx, at)
	if err != nil {
		return "", fmt.Errorf("%s: %w", word, err)
	}
	defer func() { _ = nc.Close() }()
	unhook := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	defer unhook()
	_, err = io.WriteString(nc, word)
	var answer []byte
	if err == nil {
		answer, err = io.ReadAll(io.LimitReader(nc, maxCommandReply+1))
	}
	switch {
	case len(answer) > maxCommandReply:
		err = fmt.Errorf("the answer takes more than %d bytes", maxCommandReply)
	case len(answer) > 0 && errors.Is(err, syscall.ECONNRESET):
		err = nil // a server may reset the connection after its answer
	case err != nil && ctx.Err() != nil:
		err = conn.ContextError(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", word, err)
	}
	text := string(answer)
	if strings.Contains(text, "is not executed because it is not in the whitelist") {
		return "", &WhitelistError{Word: word}
	}
	return text, nil
}

// isWord reports whether a server can say a text of itself: a commit, or its part in the ensemble.
func isWord(s string) bool {
	const longest = 100
	return len(s) <= longest && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._- ") == ""
}

// parseServerInfo reads the answer to "srvr". Its first line is, in all of 3.4 to 3.9,
//
//	Zookeeper version: 3.9.4-7246445ec281f3dbf53dc54e970c914f39713903, built on …
//
// with a qualifier between version and revision in some builds.
func parseServerInfo(text string) (ServerInfo, error) {
	var info ServerInfo
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Zookeeper version":
			value, _, _ = strings.Cut(value, ",")
			version, rest, _ := strings.Cut(value, "-")
			var err error
			if info.Version, err = parseVersion(version); err != nil {
				return ServerInfo{}, err
			}
			info.Revision = rest[strings.LastIndexByte(rest, '-')+1:]
		case "Mode":
			info.Mode = value
		}
	}
	for _, word := range []string{info.Revision, info.Mode} {
		if !isWord(word) {
			return ServerInfo{}, fmt.Errorf("srvr: the server answered %s, which is no word", shown.Text(word))
		}
	}
	if info.Version == (Version{}) {
		return ServerInfo{}, fmt.Errorf("srvr: the server answered %s, without its version", shown.Text(text))
	}
	return info, nil
}
