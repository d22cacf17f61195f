package neighbours_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
)

// ClickHouse itself is not on Maven. So its part is done here: each node that from_zk names in its own configuration is put
// into the element that names it, as it is. That has to be XML, with what the configuration declares in it.
func TestClickHouse(t *testing.T) {
	acctest.Needs(t, acctest.Functions)
	server := acctest.OwnServer(t)
	there := superClient(t, server)
	cli := guide(t, "clickhouse", server.Addr(), "TF_VAR_zookeeper_password="+ourPassword, "TF_VAR_clickhouse_password=clickhouse-4711")
	apply(t, cli)

	config, err := os.ReadFile(filepath.Join(cli.Dir, "from_zk.xml"))
	if err != nil {
		t.Fatal(err)
	}
	taken := make(map[string]string) // what is in an element, by the element's name
	decoder := xml.NewDecoder(strings.NewReader(string(config)))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, attribute := range element.Attr {
			if attribute.Name.Local == "from_zk" {
				taken[element.Name.Local] = data(t, there, attribute.Value)
			}
		}
	}

	var servers struct {
		Shards []struct {
			Replicas []struct {
				Host string `xml:"host"`
				Port int    `xml:"port"`
			} `xml:"replica"`
		} `xml:"shop>shard"`
	}
	if err := xml.Unmarshal([]byte("<from_zk>"+taken["remote_servers"]+"</from_zk>"), &servers); err != nil {
		t.Fatalf("%v:\n%s", err, taken["remote_servers"])
	}
	var hosts []string
	for _, shard := range servers.Shards {
		for _, replica := range shard.Replicas {
			hosts = append(hosts, replica.Host)
		}
	}
	if got := strings.Join(hosts, " "); got != "ch1.example.com ch2.example.com ch3.example.com ch4.example.com" || servers.Shards[1].Replicas[1].Port != 9000 {
		t.Errorf("the servers are %+v of\n%s", servers, taken["remote_servers"])
	}
	if got := taken["max_concurrent_queries"]; got != "200" {
		t.Errorf("max_concurrent_queries is %q", got)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	if got := data(t, there, "/clickhouse/config/max_concurrent_queries"); got != "200" {
		t.Errorf("after the destroy max_concurrent_queries is %q", got)
	}
}
