package neighbours_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform-provider-zookeeper/internal/acctest"
	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/zktest"
)

// The passwords of the users of SASL.
const (
	brokerPassword = "broker-4711"
	ourPassword    = "terraform-4711"
)

// A broker takes the configuration that was declared before its start, takes a change when it is notified, and goes on
// when all is destroyed. Neither what it writes nor what Kafka's own tool writes is a difference.
func TestKafka(t *testing.T) {
	server := acctest.OwnServer(t, zktest.WithDigestLogin(t, map[string]string{"kafka": brokerPassword, "terraform": ourPassword}))
	there := superClient(t, server)
	cli := guide(t, "kafka/before-brokers", server.Addr(), "TF_VAR_sasl_password="+ourPassword)
	apply(t, cli)

	broker := startBroker(t, server.Addr(), brokerPassword)
	broker.line(t, "started (kafka.server.KafkaServer)")
	broker.loopbackOnly(t)
	bootstrap := brokerAddr(t, there)
	maxBytes := func() string {
		t.Helper()
		return described(t, configs(t, bootstrap, "--describe", "--entity-type", "brokers", "--entity-name", "1", "--all"), "message.max.bytes=")
	}
	quota := func(client string) string {
		t.Helper()
		return described(t, configs(t, bootstrap, "--describe", "--entity-type", "clients", "--entity-name", client), "producer_byte_rate=")
	}

	// What it took, and from where.
	if got := maxBytes(); !strings.HasPrefix(got, "2097152 ") || !strings.Contains(got, "DYNAMIC_DEFAULT_BROKER_CONFIG:message.max.bytes=2097152") {
		t.Errorf("the broker's message.max.bytes is %s", got)
	}
	if got := quota("reports"); got != "1048576.0" {
		t.Errorf("the quota is %s", got)
	}
	planEmpty(t, cli, "the broker's start")

	// Equal values, which Kafka's tool has the broker write in its own form.
	configs(t, bootstrap, "--alter", "--entity-type", "brokers", "--entity-default", "--add-config", "message.max.bytes=2097152")
	configs(t, bootstrap, "--alter", "--entity-type", "clients", "--entity-name", "reports", "--add-config", "producer_byte_rate=1048576")
	planEmpty(t, cli, "kafka-configs")

	// A change that nobody tells the broker of is not taken: after our write it has done work on the servers.
	cli.Env = append(cli.Env, "TF_VAR_max_message_bytes=3145728")
	apply(t, cli)
	createTopic(t, bootstrap, "before")
	if got := maxBytes(); !strings.HasPrefix(got, "2097152 ") {
		t.Errorf("without a notification the broker's message.max.bytes is %s", got)
	}
	notify(t, server.Addr(), `{"version":2,"entity_path":"brokers/<default>"}`)
	broker.line(t, "message.max.bytes = 3145728")
	if got := maxBytes(); !strings.HasPrefix(got, "3145728 ") {
		t.Errorf("after the notification the broker's message.max.bytes is %s", got)
	}
	planEmpty(t, cli, "the notification")

	// Overrides that somebody else has declared are imported by patterns, as the guide has it, and nothing else of Kafka's is.
	importing := guide(t, "kafka/before-brokers", server.Addr(), "TF_VAR_sasl_password="+ourPassword, "TF_VAR_max_message_bytes=3145728")
	importing.MustRun("import", "-no-color", "zookeeper_znode.kafka", "/kafka")
	importing.MustRun("import", "-no-color", "zookeeper_znodes.config", "/kafka/config?include=brokers/*&include=clients/*&include=changes")
	before := mzxid(t, there, "/kafka/config/brokers/<default>")
	apply(t, importing)
	if now := mzxid(t, there, "/kafka/config/brokers/<default>"); now != before {
		t.Errorf("the apply after an import has written, in transaction %d", now)
	}

	if acctest.Has(t, acctest.Actions) {
		notifying := guide(t, "kafka/notification", server.Addr(), "TF_VAR_sasl_password="+ourPassword)
		apply(t, notifying)
		broker.line(t, "Processing override for entityPath: clients/etl")
		if got := quota("etl"); got != "4194304.0" {
			t.Errorf("the quota is %s", got)
		}
		planEmpty(t, notifying, "the notification")
		notifying.MustRun("destroy", "-no-color", "-auto-approve")
	}

	// A topic's configuration that is declared before the topic is lost: why the guide advises against it.
	if _, err := there.Create(t.Context(), "/kafka/config/topics/after", []byte(`{"version":1,"config":{"retention.ms":"1000"}}`), zk.CreateOptions{ACL: zk.OpenACL()}); err != nil {
		t.Fatal(err)
	}
	cli.MustRun("destroy", "-no-color", "-auto-approve")
	createTopic(t, bootstrap, "after")
	if got := data(t, there, "/kafka/config/topics/after"); got != `{"version":1,"config":{}}` {
		t.Errorf("the topic's configuration is %s", got)
	}
	broker.alive(t)
	if got := maxBytes(); !strings.HasPrefix(got, "3145728 ") {
		t.Errorf("after the destroy the broker's message.max.bytes is %s", got)
	}
}

// A digest user's ACL keeps a broker out, whatever credentials it has.
func TestKafka_digestACL(t *testing.T) {
	server := acctest.OwnServer(t, zktest.WithDigestLogin(t, map[string]string{"kafka": brokerPassword}))
	there := superClient(t, server)
	if _, err := there.Create(t.Context(), "/kafka", nil, zk.CreateOptions{ACL: []zk.ACL{{Scheme: "digest", ID: zk.DigestID("kafka", brokerPassword), Perms: zk.PermAll}}}); err != nil {
		t.Fatal(err)
	}
	broker := startBroker(t, server.Addr(), brokerPassword)
	broker.line(t, "NoAuth for /")
	if code := broker.code(t); code != 1 {
		t.Errorf("the broker ended with exit code %d", code)
	}
}

// brokerLogin writes the file that tells Kafka's programs who they are to ZooKeeper, and returns the argument that names it.
func brokerLogin(t *testing.T, password string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "jaas.conf")
	text := fmt.Sprintf("Client {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n  username=\"kafka\"\n  password=%q;\n};\n", password)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "-Djava.security.auth.login.config=" + file
}

// notify runs zookeeper-shell as the guide has it for those who have no actions.
func notify(t *testing.T, servers, notification string) {
	t.Helper()
	shell := startJava(t, "kafka", brokerLogin(t, brokerPassword), "Tethered.java", "org.apache.zookeeper.ZooKeeperMainWithTlsSupportForKafka", "-server", servers,
		"create", "-s", "/kafka/config/changes/config_change_", notification)
	if code := shell.code(t); code != 0 {
		t.Fatalf("zookeeper-shell: exit code %d", code)
	}
}

// startBroker starts a broker, which presents the user kafka.
func startBroker(t *testing.T, servers, password string) *java {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"server.properties": fmt.Sprintf("broker.id=1\nlisteners=PLAINTEXT://127.0.0.1:0\nlog.dirs=%s\nzookeeper.connect=%s/kafka\nzookeeper.set.acl=true\n"+
			"zookeeper.connection.timeout.ms=60000\nzookeeper.session.timeout.ms=30000\noffsets.topic.replication.factor=1\n", filepath.Join(dir, "logs"), servers),
		"log4j.properties": "log4j.rootLogger=INFO, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.PatternLayout\n" +
			"log4j.appender.out.layout.ConversionPattern=%p %m (%c)%n\n",
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return startJava(t, "kafka", brokerLogin(t, password), "-Dlog4j.configuration=file:"+filepath.Join(dir, "log4j.properties"),
		"Tethered.java", "kafka.Kafka", filepath.Join(dir, "server.properties"))
}

// brokerAddr is where the broker says that it listens.
func brokerAddr(t *testing.T, client *zk.Client) string {
	t.Helper()
	var broker struct{ Endpoints []string }
	if err := json.Unmarshal([]byte(data(t, client, "/kafka/brokers/ids/1")), &broker); err != nil || len(broker.Endpoints) != 1 {
		t.Fatal(broker, err)
	}
	return strings.TrimPrefix(broker.Endpoints[0], "PLAINTEXT://")
}

// configs runs kafka-configs, and returns what it says.
func configs(t *testing.T, bootstrap string, args ...string) []string {
	t.Helper()
	tool := startJava(t, "kafka", append([]string{"Tethered.java", "kafka.admin.ConfigCommand", "--bootstrap-server", bootstrap}, args...)...)
	if code := tool.code(t); code != 0 {
		t.Fatalf("kafka-configs %q: exit code %d", args, code)
	}
	return tool.tail()
}

// described returns what is said of a key in what kafka-configs describes.
func described(t *testing.T, lines []string, key string) string {
	t.Helper()
	for _, line := range lines {
		if _, value, found := strings.Cut(line, key); found {
			return value
		}
	}
	t.Errorf("nothing is said of %s:\n%s", key, strings.Join(lines, "\n"))
	return ""
}

// mzxid is the transaction that last wrote to a node.
func mzxid(t *testing.T, client *zk.Client, path string) int64 {
	t.Helper()
	stat, _, err := client.Exists(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return stat.Mzxid
}

// createTopic has the broker create a topic, which it does by writing to the servers.
func createTopic(t *testing.T, bootstrap, name string) {
	t.Helper()
	tool := startJava(t, "kafka", "Tethered.java", "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", bootstrap, "--create", "--topic", name)
	if code := tool.code(t); code != 0 {
		t.Fatalf("kafka-topics: exit code %d", code)
	}
}
