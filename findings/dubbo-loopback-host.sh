#!/usr/bin/env bash
# Dubbo 3.3.5: a protocol whose host is 127.0.0.1 listens on all addresses.
#
# One would guess that a service with `dubbo.protocol.host=127.0.0.1` (or localhost) is for this machine alone. Dubbo takes an
# address that begins with "127." for a mistake, chooses one that other machines reach, tells that to consumers, and listens
# on 0.0.0.0. The same address written as a number, 2130706433, is taken as it is, and Dubbo listens on it alone.
#
# Needs Java 17, Maven and its central repository, and Linux with unshare: what listens is in a network namespace of its own.
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
      <groupId>org.apache.dubbo</groupId>
      <artifactId>dubbo</artifactId>
      <version>3.3.5</version>
    </dependency>
  </dependencies>
</project>
XML
cat >Finding.java <<'JAVA'
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;
import org.apache.dubbo.rpc.service.GenericService;

public class Finding {
    static final int PORT = 20880;

    public static void main(String[] args) throws Exception {
        ApplicationConfig application = new ApplicationConfig("finding");
        application.setQosEnable(false);
        ProtocolConfig protocol = new ProtocolConfig("dubbo", PORT);
        protocol.setHost(args[0]);
        ServiceConfig<GenericService> service = new ServiceConfig<>();
        service.setInterface("com.example.Greeter");
        service.setRef((method, types, values) -> "hello");
        DubboBootstrap.getInstance().application(application).registry(new RegistryConfig("N/A")).protocol(protocol).service(service).start();
        // Addresses in /proc are in the order of the machine's bytes.
        for (String line : Files.readAllLines(Path.of("/proc/net/tcp"))) {
            String[] fields = line.trim().split("\\s+");
            if (fields[1].endsWith(String.format(":%04X", PORT)) && fields[3].equals("0A")) {
                String address = fields[1].startsWith("00000000") ? "0.0.0.0" : fields[1].startsWith("0100007F") ? "127.0.0.1" : fields[1];
                System.out.println("host " + args[0] + ": Dubbo listens on " + address);
            }
        }
        Runtime.getRuntime().halt(0);
    }
}
JAVA
mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$work/lib" >/dev/null
ls lib/dubbo-3*.jar | xargs -n1 basename
saw=$(for host in 127.0.0.1 localhost 2130706433; do
  unshare --map-root-user --net sh -c 'ip link set lo up && exec java -Djava.net.preferIPv4Stack=true -cp "lib/*" Finding.java "$0"' "$host" 2>/dev/null | grep '^host '
done)
echo "$saw"
want='host 127.0.0.1: Dubbo listens on 0.0.0.0
host localhost: Dubbo listens on 0.0.0.0
host 2130706433: Dubbo listens on 127.0.0.1'
[ "$saw" = "$want" ] || { echo "this has changed"; exit 1; }
