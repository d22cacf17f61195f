package zktest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// ServiceHost is the host part of the principal of servers that are started with [WithKerberosLogin], which is
// zookeeper/localhost whatever the machine calls itself.
const ServiceHost = "localhost"

const servicePrincipal = "zookeeper/" + ServiceHost

// A KDC is MIT Kerberos' key distribution center for one realm, in a process and a folder of its own.
type KDC struct {
	realm   string
	dir     string
	tools   *kerberosTools
	port    *port
	dog     *watchdog
	serving *process // nil until it is started

	mu    sync.Mutex
	files int // that were made on request
}

// StartKDC starts a KDC for a realm, which knows the principal of servers, and waits until it serves. When the test ends,
// the KDC's log is shown if the test has failed, and the KDC is stopped and its data removed.
//
// It runs the programs that are installed, else those that tools/kerberos/fetch has laid under the module's root.
// Further lines of krb5.conf may follow, which the KDC heeds too.
func StartKDC(tb testing.TB, realm string, conf ...string) *KDC {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), startTimeout)
	defer cancel()
	for try := 1; ; try++ {
		kdc, err := startKDC(ctx, realm, strings.Join(conf, ""))
		if err == nil {
			tb.Cleanup(func() { kdc.finish(tb) })
			return kdc
		}
		if try == startTries || !errors.Is(err, errPortTaken) {
			tb.Fatal(err)
		}
	}
}

func startKDC(ctx context.Context, realm, conf string) (kdc *KDC, err error) {
	tools, err := findKerberos()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "zktest-kdc-")
	if err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	dog, err := startWatchdog(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	k := &KDC{realm: realm, dir: dir, tools: tools, dog: dog}
	defer func() {
		if err != nil {
			kdc, err = nil, errors.Join(err, k.close())
		}
	}()
	if k.port, err = reservePort(ctx); err != nil {
		return nil, err
	}
	if err := k.writeConfig(conf); err != nil {
		return nil, err
	}
	// The master password protects the database on disk, from nobody here.
	if err := k.run(ctx, "kdb5_util", "create", "-s", "-r", k.realm, "-P", "zktest-master"); err != nil {
		return nil, err
	}
	// Of a service the flag says that its clients have to be pre-authenticated, which a test may want them not to be.
	if err := k.admin(ctx, "addprinc", "-randkey", "-requires_preauth", servicePrincipal); err != nil {
		return nil, err
	}
	if err := k.admin(ctx, "ktadd", "-k", k.serviceKeytab(), servicePrincipal); err != nil {
		return nil, err
	}
	login := map[string]string{
		"principal":      servicePrincipal + "@" + realm,
		"keyTab":         k.serviceKeytab(),
		"useKeyTab":      "true",
		"storeKey":       "true",
		"useTicketCache": "false",
	}
	if err := writeLogin(k.loginFile(), "com.sun.security.auth.module.Krb5LoginModule", login); err != nil {
		return nil, err
	}
	if err := k.serve(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *KDC) writeConfig(conf string) error {
	// TCP alone: every KDC and every client of this century speaks it, and a port is reserved for TCP.
	files := map[string]string{
		k.ConfigFile(): `[libdefaults]
	default_realm = ` + k.realm + `
	udp_preference_limit = 1
	dns_lookup_kdc = false
	dns_lookup_realm = false
	dns_canonicalize_hostname = false
[realms]
	` + k.realm + ` = {
		kdc = ` + k.port.addr() + `
	}
[domain_realm]
	` + ServiceHost + ` = ` + k.realm + `
` + conf,
		k.profile(): `[kdcdefaults]
	kdc_listen = ""
	kdc_tcp_listen = ` + k.port.addr() + `
[realms]
	` + k.realm + ` = {
		database_name = ` + filepath.Join(k.dir, "principal") + `
		key_stash_file = ` + filepath.Join(k.dir, "stash") + `
		acl_file = ` + filepath.Join(k.dir, "acl") + `
		supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
		default_principal_flags = +preauth
	}
[logging]
	default = FILE:` + k.logFile() + `
` + k.tools.profile,
	}
	for file, content := range files {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return fmt.Errorf("zktest: %w", err)
		}
	}
	return nil
}

// serve starts the KDC's process and waits until it accepts connections.
func (k *KDC) serve(ctx context.Context) error {
	log, err := os.OpenFile(k.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("zktest: %w", err)
	}
	defer func() { _ = log.Close() }()
	// Under its own process id: env becomes the KDC.
	command := append([]string{"env"}, k.environment()...)
	command = append(command, k.tools.paths["krb5kdc"], "-n")
	run, err := startProcess(ctx, command, log, k.dog)
	if err != nil {
		return err
	}
	k.serving = run
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		if run.ended() {
			if strings.Contains(k.log(), "Address already in use") {
				return false, errPortTaken
			}
			return false, errors.New("it ended")
		}
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", k.port.addr())
		if err != nil {
			return false, nil //nolint:nilerr // It does not listen yet.
		}
		_ = conn.Close()
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("zktest: the KDC does not serve at %s: %w; its log:\n%s", k.port.addr(), err, k.log())
	}
	return nil
}

// Realm returns the realm that the KDC is for.
func (k *KDC) Realm() string { return k.realm }

// ConfigFile returns the path of the krb5.conf by which clients find the KDC.
func (k *KDC) ConfigFile() string { return filepath.Join(k.dir, "krb5.conf") }

// Addr returns the address at which the KDC serves TCP, as host:port.
func (k *KDC) Addr() string { return k.port.addr() }

func (k *KDC) profile() string       { return filepath.Join(k.dir, "kdc.conf") }
func (k *KDC) logFile() string       { return filepath.Join(k.dir, "log") }
func (k *KDC) loginFile() string     { return filepath.Join(k.dir, "jaas.conf") }
func (k *KDC) serviceKeytab() string { return filepath.Join(k.dir, "service.keytab") }

// AddPrincipal adds a principal, "alice" or "alice/admin", with a password. Options of kadmin's addprinc may follow, such as "+requires_preauth" or "-e", "aes256-cts-hmac-sha384-192:normal".
func (k *KDC) AddPrincipal(tb testing.TB, name, password string, options ...string) {
	tb.Helper()
	args := append([]string{"addprinc", "-pw", password}, options...)
	if err := k.admin(tb.Context(), append(args, name)...); err != nil {
		tb.Fatal(err)
	}
}

// Keytab returns the path of a new keytab that holds a principal's keys. The keys, and a password that they were made
// of, stay the same.
func (k *KDC) Keytab(tb testing.TB, name string) string {
	tb.Helper()
	file := k.newFile("keytab")
	if err := k.admin(tb.Context(), "ktadd", "-norandkey", "-k", file, name); err != nil {
		tb.Fatal(err)
	}
	return file
}

// CredentialCache returns the path of a new credential cache in which kinit has laid a principal's ticket-granting
// ticket. Options of kinit may follow, such as "-l", "1s".
func (k *KDC) CredentialCache(tb testing.TB, name string, options ...string) string {
	tb.Helper()
	file := k.newFile("ccache")
	args := append([]string{"-k", "-t", k.Keytab(tb, name), "-c", "FILE:" + file}, options...)
	if err := k.run(tb.Context(), "kinit", append(args, name+"@"+k.realm)...); err != nil {
		tb.Fatal(err)
	}
	return file
}

// Log returns what the KDC has logged: a line for each request, among others.
func (k *KDC) Log(tb testing.TB) string {
	tb.Helper()
	log, err := os.ReadFile(k.logFile())
	if err != nil {
		tb.Fatal(err)
	}
	return string(log)
}

// newFile returns a path that was not used before.
func (k *KDC) newFile(kind string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.files++
	return filepath.Join(k.dir, kind+"-"+strconv.Itoa(k.files))
}

// WithKerberosLogin makes a server authenticate its clients by SASL's GSSAPI, with the KDC as the third party. Clients
// that do not authenticate are served too, unless [RequireSASL] says otherwise.
func WithKerberosLogin(kdc *KDC) Option {
	login := withLogin(kdc.loginFile())
	return func(set *settings) {
		login(set)
		set.properties["java.security.krb5.conf"] = kdc.ConfigFile()
	}
}

// admin has kadmin.local execute one command. It works on the database itself, and the KDC sees the change at once.
func (k *KDC) admin(ctx context.Context, command ...string) error {
	return k.run(ctx, "kadmin.local", append([]string{"-r", k.realm}, command...)...)
}

// run runs one of Kerberos' programs to its end.
func (k *KDC) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, k.tools.paths[program], args...) //nolint:gosec // The tests' own command.
	cmd.Env = append(os.Environ(), k.environment()...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("zktest: %s %s: %w\n%s", program, strings.Join(args, " "), err, out)
	}
	return nil
}

// RunKerberos runs one of MIT Kerberos' clients, "kinit", "klist" or "kvno", by what KRB5_CONFIG names, and returns what it
// and its trace say, also with an error. It is what a client of ours is held to.
func RunKerberos(tb testing.TB, config, program string, args ...string) (output string, err error) {
	tb.Helper()
	tools, err := findKerberos()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), tools.paths[program], args...) //nolint:gosec // The tests' own command.
	cmd.Env = append(os.Environ(), "KRB5_CONFIG="+config, "KRB5_TRACE=/dev/stderr", "LC_ALL=C")
	cmd.Env = append(cmd.Env, tools.environment...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// environment is what keeps Kerberos' programs away from what the system has of the same kind.
func (k *KDC) environment() []string {
	return append([]string{
		"KRB5_CONFIG=" + k.ConfigFile(),
		"KRB5_KDC_PROFILE=" + k.profile(),
		"KRB5RCACHEDIR=" + k.dir,
		"LC_ALL=C",
	}, k.tools.environment...)
}

func (k *KDC) log() string {
	// Where there is none, there is nothing to show.
	log, _ := os.ReadFile(k.logFile())
	return string(log)
}

// finish stops the KDC at the end of a test.
func (k *KDC) finish(tb testing.TB) {
	tb.Helper()
	if tb.Failed() {
		tb.Logf("the KDC at %s logged:\n%s", k.port.addr(), k.log())
	}
	if err := k.close(); err != nil {
		tb.Error(err)
	}
}

// close has the watchdog kill the KDC and remove its folder, and waits until it has ended:
// its port is another's from then on.
func (k *KDC) close() error {
	err := k.dog.close()
	if k.serving != nil {
		<-k.serving.done
	}
	if k.port != nil {
		k.port.release()
	}
	return err
}

// kerberosTools is where MIT Kerberos' programs are, and what they need to run from there.
type kerberosTools struct {
	paths       map[string]string // of the programs
	environment []string
	profile     string // lines for kdc.conf
}

// findKerberos looks for the programs once.
var findKerberos = sync.OnceValues(func() (*kerberosTools, error) {
	programs := []string{"krb5kdc", "kdb5_util", "kadmin.local", "kinit", "klist", "kvno"}
	// Only root's search path has the folders where Debian keeps some of them.
	folders := append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin")
	installed := &kerberosTools{paths: locate(programs, folders)}
	if len(installed.paths) == len(programs) {
		return installed, nil
	}
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	usr := filepath.Join(root, ".kerberos", "usr")
	fetched := &kerberosTools{paths: locate(programs, []string{filepath.Join(usr, "bin"), filepath.Join(usr, "sbin")})}
	// Debian's libraries are in a folder that is named for the architecture.
	modules, err := filepath.Glob(filepath.Join(usr, "lib", "*", "krb5", "plugins", "kdb"))
	if err != nil {
		return nil, fmt.Errorf("zktest: %w", err)
	}
	if len(fetched.paths) < len(programs) || len(modules) == 0 {
		return nil, errors.New(`zktest: MIT Kerberos is not there: run "tools/kerberos/fetch"`)
	}
	fetched.profile = "[dbmodules]\n\tdb_module_dir = " + modules[0] + "\n"
	libraries := filepath.Dir(filepath.Dir(filepath.Dir(modules[0])))
	fetched.environment = []string{"LD_LIBRARY_PATH=" + libraries}
	return fetched, nil
})

// locate returns the paths of those of the programs that are in one of the folders.
func locate(programs, folders []string) map[string]string {
	paths := make(map[string]string)
	for _, program := range programs {
		for _, folder := range folders {
			path := filepath.Join(folder, program)
			info, err := os.Stat(path) //nolint:gosec // The search path is the user's own.
			if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				paths[program] = path
				break
			}
		}
	}
	return paths
}
