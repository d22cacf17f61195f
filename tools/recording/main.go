// Command recording starts a ZooKeeper server and runs a program with its address as the
// first argument, followed by the arguments of this command.
//
//	recording PROGRAM [ARGUMENT]
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "recording:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) == 0 {
		return errors.New("usage: recording PROGRAM [ARGUMENT]")
	}
	server, err := zktest.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	cmd := exec.CommandContext(ctx, args[0], append([]string{server.Addr()}, args[1:]...)...) //nolint:gosec // to run it is what this is for
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
