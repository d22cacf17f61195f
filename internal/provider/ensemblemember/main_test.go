package ensemblemember_test

import (
	"os"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

func TestMain(m *testing.M) { os.Exit(acctest.Main(m)) }
