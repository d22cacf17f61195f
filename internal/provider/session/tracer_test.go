package session

import (
	"os"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/zk"
)

// The client traces its operations for a log that somebody reads, and for no other.
func TestTracer(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		want bool
	}{
		"no wish":                      {nil, false},
		"off, as the provider sets it": {map[string]string{"TF_LOG_SDK_FRAMEWORK": "OFF", "TF_LOG_SDK_PROTO": "OFF"}, false},
		"off, in small letters":        {map[string]string{"TF_LOG": "off"}, false},
		"a file for no log":            {map[string]string{"TF_LOG_PATH": "log"}, false},
		"empty":                        {map[string]string{"TF_LOG": ""}, false},
		"a level":                      {map[string]string{"TF_LOG": "DEBUG"}, true},
		"a level for providers":        {map[string]string{"TF_LOG_PROVIDER": "trace", "TF_LOG_SDK_PROTO": "OFF"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range os.Environ() {
				if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "TF_LOG") {
					t.Setenv(name, "")
				}
			}
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			s, err := New(t.Context(), zk.Config{Servers: "127.0.0.1:2181"}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.cfg.Tracer != nil; got != tt.want {
				t.Errorf("a tracer: %t", got)
			}
		})
	}
}
