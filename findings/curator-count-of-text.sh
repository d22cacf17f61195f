#!/usr/bin/env bash
# Curator 5.9.0: a SharedCount reads four characters of text as another number.
#
# One would guess that a counter whose node holds "1234", as zkCli's `set /count 1234` leaves it, is 1234, or an error. Curator
# takes the first four bytes, whatever they are and however many follow: it is 825373492 for "1234" and for "1234567", and goes
# on counting from there. Only a shorter text fails.
#
# Needs Java 17, Maven and its central repository.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.curator</groupId>
      <artifactId>curator-recipes</artifactId>
      <version>5.9.0</version>
    </dependency>
    <dependency>
      <groupId>io.dropwizard.metrics</groupId>
      <artifactId>metrics-core</artifactId>
      <version>4.1.12.1</version>
    </dependency>
    <dependency>
      <groupId>org.xerial.snappy</groupId>
      <artifactId>snappy-java</artifactId>
      <version>1.1.10.5</version>
    </dependency>
  </dependencies>
</project>
XML
cat >Finding.java <<'JAVA'
import java.io.File;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

public class Finding {
    public static void main(String[] args) throws Exception {
        ServerCnxnFactory listener = ServerCnxnFactory.createFactory(new InetSocketAddress("127.0.0.1", 0), 10);
        listener.startup(new ZooKeeperServer(new File("data"), new File("data"), 2000));
        CuratorFramework client = CuratorFrameworkFactory.newClient("127.0.0.1:" + listener.getLocalPort(), new RetryOneTime(100));
        client.start();
        for (String text : new String[] {"1234", "1234567", "12"}) {
            String path = "/count-" + text;
            client.create().forPath(path, text.getBytes(StandardCharsets.US_ASCII));
            String seen;
            try (SharedCount count = new SharedCount(client, path, 0)) {
                count.start();
                int before = count.getCount();
                count.setCount(before + 1);
                seen = before + ", then " + count.getCount();
            } catch (Exception e) {
                seen = e.getClass().getSimpleName();
            }
            System.out.println("text " + text + ": " + seen);
        }
        Runtime.getRuntime().halt(0);
    }
}
JAVA
mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$work/lib" >/dev/null
basename lib/curator-recipes-*.jar
saw=$(java -cp "lib/*" Finding.java 2>log | grep '^text ') || { cat log; exit 1; }
echo "$saw"
want='text 1234: 825373492, then 825373493
text 1234567: 825373492, then 825373493
text 12: BufferUnderflowException'
[ "$saw" = "$want" ] || { echo "this has changed"; exit 1; }
