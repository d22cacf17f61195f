import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.UriSpec;

/**
 * A program that uses Curator's recipes and service discovery. It does what the lines of its standard input say, each
 * answered by a line, and ends with them.
 */
public class Ask {
    static CuratorFramework client;
    static ServiceDiscovery<Map> discovery;
    static final List<LeaderLatch> latches = new ArrayList<>();

    static String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "instances": { // of a service: id, URI and whether it is enabled
                TreeSet<String> all = new TreeSet<>();
                for (ServiceInstance<Map> i : discovery.queryForInstances(words[1])) {
                    all.add(i.getId() + " " + i.buildUriSpec() + " " + i.isEnabled());
                }
                return all.toString();
            }
            case "register": // service, id, address, port
                discovery.registerService(ServiceInstance.<Map>builder().name(words[1]).id(words[2]).address(words[3])
                        .port(Integer.parseInt(words[4])).uriSpec(new UriSpec("{scheme}://{address}:{port}")).build());
                return "";
            case "count":
                try (SharedCount count = new SharedCount(client, words[1], 0)) {
                    count.start();
                    return String.valueOf(count.getCount());
                }
            case "increment":
                return String.valueOf(new DistributedAtomicLong(client, words[1], new RetryOneTime(10)).increment().postValue());
            case "lead": { // path, id
                LeaderLatch latch = new LeaderLatch(client, words[1], words[2]);
                latch.start();
                latch.await();
                latches.add(latch);
                return "";
            }
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    public static void main(String[] args) throws Exception {
        client = CuratorFrameworkFactory.newClient(args[0], new RetryOneTime(100));
        client.start();
        discovery = ServiceDiscoveryBuilder.builder(Map.class).client(client).basePath("/discovery").build();
        discovery.start();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            try {
                System.out.println("answer = " + answer(line.split(" ")));
            } catch (Exception e) {
                System.out.println("answer ! " + e);
            }
        }
        System.exit(0); // its session goes with it
    }
}
