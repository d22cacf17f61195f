package zktest_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"

	"go.uber.org/goleak"

	"terraform-provider-zookeeper/internal/zk/zktest"
)

// childVariable makes the test binary a program that starts a server, tells where it is, and waits to be killed.
const childVariable = "ZKTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		server, err := zktest.Start(context.Background())
		if err == nil {
			_, err = fmt.Fprintln(os.Stdout, server.Addr(), zktest.Dir(server))
		}
		if err != nil {
			log.Fatal(err)
		}
		select {}
	}
	goleak.VerifyTestMain(m)
}
