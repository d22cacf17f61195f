import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.retry.RetryForever;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.UriSpec;

/**
 * Clients of Curator's, for tests to drive: one process serves all of them.
 *
 * <pre>java -cp '.curator/lib/*' tools/curator/Peer.java HOSTS</pre>
 *
 * It reads requests from standard input, a line of JSON each: {"id", "space", "as", "class", "on", "method", "args"}. One
 * with a class makes an object of it and calls it by what "as" says; any other calls a method of the object "on", and calls
 * the result by what "as" says, if anything. An argument "@name" is the object of that name; "@client" is a CuratorFramework
 * of the space's own. What is called on one object is done on one thread, because locks belong to threads. The answer is a
 * line of JSON: {"id", "value"}, with bytes in base64, or {"id", "error"}. Method "end" of "@client" ends the space.
 */
public class Peer {
    static final ObjectMapper json = new ObjectMapper().disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);
    static final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    static final Map<String, Space> spaces = new ConcurrentHashMap<>();

    /** A leader until it is told to resign. */
    public static class Leading extends LeaderSelectorListenerAdapter {
        private final CountDownLatch over = new CountDownLatch(1);

        @Override
        public void takeLeadership(CuratorFramework client) throws Exception {
            over.await();
        }

        public void resign() {
            over.countDown();
        }
    }

    /** A service's instance, registered until it is closed. */
    public static class Service {
        private final ServiceDiscovery<Map> discovery;

        public Service(CuratorFramework client, String path, String name, String id, String address, int port) throws Exception {
            ServiceInstance<Map> instance = ServiceInstance.<Map>builder()
                    .name(name)
                    .id(id)
                    .address(address)
                    .port(port)
                    .payload(Map.of("key", "value"))
                    .uriSpec(new UriSpec("{scheme}://{address}"))
                    .build();
            discovery = ServiceDiscoveryBuilder.builder(Map.class).client(client).basePath(path).thisInstance(instance).build();
            discovery.start();
        }

        public void close() throws Exception {
            discovery.close();
        }
    }

    static class Space {
        final Map<String, Object> objects = new ConcurrentHashMap<>();
        final Map<String, ExecutorService> threads = new ConcurrentHashMap<>();
        final CuratorFramework client;

        Space(String hosts) {
            client = CuratorFrameworkFactory.newClient(hosts, 30_000, 15_000, new RetryForever(50));
            client.start();
            objects.put("client", client);
        }

        ExecutorService thread(String name) {
            return threads.computeIfAbsent(name, n -> Executors.newSingleThreadExecutor(work -> {
                Thread t = new Thread(work);
                t.setDaemon(true);
                return t;
            }));
        }

        Object run(JsonNode request) throws Exception {
            String method = request.path("method").asText();
            JsonNode args = request.path("args");
            if (method.equals("end")) {
                client.close();
                threads.values().forEach(ExecutorService::shutdown);
                return null;
            }
            Object result;
            if (request.hasNonNull("class")) {
                String name = request.get("class").asText();
                Class<?> type = Class.forName(name.contains("$") || name.startsWith("org.") ? name : "org.apache.curator.framework.recipes." + name);
                result = call(type.getConstructors(), null, args);
            } else {
                Object target = objects.get(request.get("on").asText());
                Method[] methods = java.util.Arrays.stream(target.getClass().getMethods())
                        .filter(m -> m.getName().equals(method))
                        .toArray(Method[]::new);
                result = call(methods, target, args);
            }
            if (request.hasNonNull("as")) {
                objects.put(request.get("as").asText(), result);
                return null;
            }
            return result;
        }

        /** Calls the first that takes the arguments. */
        Object call(Executable[] candidates, Object target, JsonNode args) throws Exception {
            for (Executable e : candidates) {
                Object[] values = convert(e.getParameterTypes(), args);
                if (values == null) {
                    continue;
                }
                e.setAccessible(true);
                try {
                    if (e instanceof Method) {
                        return ((Method) e).invoke(target, values);
                    }
                    return ((java.lang.reflect.Constructor<?>) e).newInstance(values);
                } catch (InvocationTargetException thrown) {
                    throw thrown.getCause() instanceof Exception ? (Exception) thrown.getCause() : thrown;
                }
            }
            throw new IllegalArgumentException("nothing takes " + args);
        }

        Object[] convert(Class<?>[] types, JsonNode args) {
            if (types.length != args.size()) {
                return null;
            }
            Object[] values = new Object[types.length];
            for (int i = 0; i < types.length; i++) {
                JsonNode arg = args.get(i);
                if (arg.isTextual() && arg.asText().startsWith("@")) {
                    values[i] = objects.get(arg.asText().substring(1));
                    if (!types[i].isInstance(values[i])) {
                        return null;
                    }
                    continue;
                }
                if (arg.isTextual() == (types[i].isPrimitive() || Number.class.isAssignableFrom(types[i]))) {
                    return null;
                }
                try {
                    values[i] = json.convertValue(arg, types[i]);
                } catch (IllegalArgumentException e) {
                    return null;
                }
            }
            return values;
        }
    }

    static void answer(JsonNode request, Space space) {
        ObjectNode answer = json.createObjectNode();
        answer.set("id", request.get("id"));
        try {
            Object value = space.run(request);
            try {
                answer.set("value", json.valueToTree(value));
            } catch (IllegalArgumentException e) {
                answer.put("value", String.valueOf(value));
            }
        } catch (Throwable t) {
            answer.put("error", t.toString());
        }
        synchronized (out) {
            out.println(answer);
        }
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            JsonNode request = json.readTree(line);
            Space space = spaces.computeIfAbsent(request.get("space").asText(), n -> new Space(args[0]));
            String thread = request.hasNonNull("class") ? request.get("as").asText() : request.get("on").asText();
            space.thread(thread).execute(() -> answer(request, space));
        }
        System.exit(0);
    }
}
