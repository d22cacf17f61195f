// Command terraform-provider-zookeeper is the Terraform provider for Apache ZooKeeper.
// Terraform and OpenTofu start it; it is of no use by itself.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"terraform-provider-zookeeper/internal/provider"
	"terraform-provider-zookeeper/internal/provider/session"
)

// address is the provider's address in a registry. OpenTofu and Terraform each look for
// it in their own when the configuration says source = "zkform/zookeeper".
const address = "registry.terraform.io/zkform/zookeeper"

// version is set by the linker when a release is built.
var version = "dev"

const (
	// closeTimeout bounds the end of the sessions. Whoever started the provider kills it
	// two seconds after it was asked to stop (Client.Kill in go-plugin).
	closeTimeout = 1500 * time.Millisecond
	// answerTimeout is how long operations that a signal cut short have to answer.
	answerTimeout = 500 * time.Millisecond
	// lookInterval is how often the provider looks whether its CLI is still there.
	lookInterval = 500 * time.Millisecond
)

func main() {
	debugged := flag.Bool("debug", false, "serve until interrupted, for a debugger to attach to, and print how to connect")
	flag.Parse()

	quietSDK()
	saveMemory()
	sessions := new(session.Group)
	stopOnSignal(sessions)
	if !*debugged {
		stopWithCLI(sessions)
	}
	server, err := provider.NewServer(provider.New(version, sessions))
	if err != nil {
		log.Fatal(err)
	}
	var opts []tf6server.ServeOpt
	if *debugged {
		opts = append(opts, tf6server.WithManagedDebug())
	}
	err = tf6server.Serve(address, func() tfprotov6.ProviderServer { return server }, opts...)
	closeSessions(sessions)
	if err != nil {
		log.Fatal(err)
	}
}

// quietSDK has the framework and the protocol write no log where nobody reads one: unless a
// level is asked for, Terraform drops what its providers log. That is a matter of speed. For
// each element of a map the framework makes a context around that of the element before, and
// to log looks for its logger at the bottom of them all, which takes minutes for a map of
// fifty thousand (NullifyWriteOnlyAttributes, MarkComputedNilsAsUnknown). The protocol's log
// adds to what each resource takes.
func quietSDK() {
	sdk := []string{"TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO"}
	for _, name := range append(sdk, "TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK") {
		if os.Getenv(name) != "" {
			return
		}
	}
	for _, name := range sdk {
		if err := os.Setenv(name, "OFF"); err != nil {
			log.Printf("[WARN] the SDK logs what nobody reads: %v", err)
		}
	}
}

// ballast is memory that nothing uses or touches, so that the system gives none for it.
var ballast []byte //nolint:unused // being kept is its use

// saveMemory has the collector run twice as often as it does by itself. What the framework
// does with a plan of many nodes makes far more garbage than it keeps, and is a small part of
// the time that Terraform takes for it: a third less memory costs nothing that is felt.
//
// With many resources of a node each there is as much garbage and nearly nothing to keep, and
// the collector would run for each of them. The ballast counts as memory that is kept, and has
// it wait for half as much garbage at least.
func saveMemory() {
	const percent, least = 50, 16 << 20
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
		ballast = make([]byte, least*100/percent)
	}
}

// closeSessions ends all sessions, so that none is left on a server after the run. One
// that cannot be ended in time ends by its own timeout.
func closeSessions(sessions *session.Group) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := sessions.Close(ctx); err != nil {
		log.Printf("[WARN] a session is left to its timeout: %v", err)
	}
}

// stopOnSignal makes SIGTERM end the sessions before the process. On an interrupt the
// process goes on: Terraform gets it too, tells its providers to stop what they are doing, and
// waits for their answers, which tell it what to keep in its state. But in the plan that begins
// an apply it does not tell them before the plan is done, which is never while they wait for a
// server, so that wait ends at once.
func stopOnSignal(sessions *session.Group) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for sig := range signals {
			if sig == os.Interrupt {
				sessions.Interrupt(context.Background())
				continue
			}
			// Operations under way fail when their session ends. Their answers are worth a
			// moment: they tell Terraform what to keep in its state.
			closeSessions(sessions)
			<-time.After(answerTimeout)
			os.Exit(128 + int(syscall.SIGTERM))
		}
	}()
}

// stopWithCLI ends the sessions and the process once the CLI is gone that has started it. A CLI that is
// killed tells nobody, and a provider that has nothing to do would not notice: it would keep its session,
// and the lock that goes with it, for ever. Systems tell of the end of a child alone, so it looks at whose
// child it is itself; Windows names a parent that is gone as before.
func stopWithCLI(sessions *session.Group) {
	// What it logs goes to the CLI, and would kill it before the sessions are ended.
	signal.Ignore(syscall.SIGPIPE)
	cli := os.Getppid()
	go func() {
		for ticker := time.NewTicker(lookInterval); os.Getppid() == cli; {
			<-ticker.C
		}
		closeSessions(sessions)
		os.Exit(1)
	}()
}
