package zktest

import (
	"crypto/sha1" //nolint:gosec // ZooKeeper's digest scheme is defined by SHA-1.
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"time"
)

const (
	// SuperUser is the digest user whom every server takes for its super user.
	SuperUser = "super"
	// SuperPassword is the password of [SuperUser].
	SuperPassword = "zktest-super"
)

const whitelistKey = "4lw.commands.whitelist"

// An Option changes how a server is started.
type Option func(*settings)

type settings struct {
	version    string
	config     map[string]string
	properties map[string]string
	jvmArgs    []string
	securePort bool
	alone      bool // a member of an ensemble whose others never come
}

func newSettings(opts []Option) *settings {
	set := &settings{
		config: map[string]string{
			// Short ticks allow short sessions, and the bounds are wide, so that each test takes the session it needs.
			"tickTime":          "200",
			"minSessionTimeout": "400",
			"maxSessionTimeout": "60000",
			// In ticks: time enough for an ensemble on a machine that is busy with other tests.
			"initLimit": "100",
			"syncLimit": "25",

			"admin.enableServer": "false",
			"maxClientCnxns":     "0",
			whitelistKey:         "*",
		},
		properties: map[string]string{
			"zookeeper.DigestAuthenticationProvider.superDigest": superDigest(),
			// Data has to outlive the server's process, and not the machine.
			"zookeeper.forceSync": "no",
			// Older releases look for log4j there, and log a stack trace when they find none.
			"zookeeper.jmx.log4j.disable":           "true",
			"java.net.preferIPv4Stack":              "true",
			"org.slf4j.simpleLogger.showDateTime":   "true",
			"org.slf4j.simpleLogger.dateTimeFormat": "HH:mm:ss.SSS",
		},
		// Tuned for a quick start; and the performance counters live in a file that a killed JVM leaves behind.
		jvmArgs: []string{"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"},
	}
	for _, opt := range opts {
		opt(set)
	}
	return set
}

// WithVersion selects a ZooKeeper release other than the one that the environment names.
func WithVersion(version string) Option {
	return func(set *settings) { set.version = version }
}

// WithConfig sets a line of zoo.cfg. An empty value removes the line, so that the server's own default applies.
func WithConfig(key, value string) Option {
	return func(set *settings) {
		if value == "" {
			delete(set.config, key)
			return
		}
		set.config[key] = value
	}
}

// WithSystemProperty sets a Java system property, such as zookeeper.extendedTypesEnabled or readonlymode.enabled.
func WithSystemProperty(key, value string) Option {
	return func(set *settings) { set.properties[key] = value }
}

// WithJVMArgs adds arguments for the JVM. They come after this package's own, so that they win over them.
func WithJVMArgs(args ...string) Option {
	return func(set *settings) { set.jvmArgs = append(set.jvmArgs, args...) }
}

// WithTickTime sets the server's tick, the unit of its own timeouts. The bounds of session timeouts do not follow it.
func WithTickTime(tick time.Duration) Option {
	return WithConfig("tickTime", strconv.FormatInt(tick.Milliseconds(), 10))
}

// DefaultWhitelist leaves the list of permitted four-letter words to the server, which allows srvr and little else,
// where the tests' default is to allow all. A list that leaves srvr out is of no use: starting waits for its answer.
func DefaultWhitelist() Option {
	return WithConfig(whitelistKey, "")
}

// WithSecurePort opens a port for TLS beside the plain one; [Server.SecureAddr] tells its address. Key and trust stores
// are given by [WithConfig]: ssl.keyStore.location, ssl.keyStore.password, ssl.trustStore.location and so on.
func WithSecurePort() Option {
	return func(set *settings) {
		set.securePort = true
		set.config["serverCnxnFactory"] = "org.apache.zookeeper.server.NettyServerCnxnFactory"
	}
}

// ReadOnlyMode makes members of an ensemble serve reads when they have no quorum, to clients that accept that.
func ReadOnlyMode() Option {
	return func(set *settings) {
		set.properties["readonlymode.enabled"] = "true"
		// Since 3.7 they open none but local sessions then, which become the ensemble's with the first ephemeral node.
		set.config["localSessionsEnabled"] = "true"
		set.config["localSessionsUpgradingEnabled"] = "true"
	}
}

// WithoutQuorum makes a single server one of an ensemble of three, the others of which never come: it serves reads only,
// of nothing but the nodes that every server has.
func WithoutQuorum() Option {
	return func(set *settings) {
		ReadOnlyMode()(set)
		set.alone = true
	}
}

// superDigest is what the server compares the super user's credential with.
func superDigest() string {
	sum := sha1.Sum([]byte(SuperUser + ":" + SuperPassword)) //nolint:gosec // See the import.
	return SuperUser + ":" + base64.StdEncoding.EncodeToString(sum[:])
}

// javaArgs returns the arguments of the JVM, up to the name of the class to run.
func (set *settings) javaArgs(classPath string) []string {
	var args []string
	for _, key := range slices.Sorted(maps.Keys(set.properties)) {
		args = append(args, "-D"+key+"="+set.properties[key])
	}
	args = append(args, set.jvmArgs...)
	return append(args, "-classpath", classPath)
}
