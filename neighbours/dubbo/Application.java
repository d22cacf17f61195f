import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import org.apache.dubbo.common.URL;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ConfigCenterConfig;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;
import org.apache.dubbo.registry.Registry;
import org.apache.dubbo.registry.RegistryFactory;
import org.apache.dubbo.rpc.model.ApplicationModel;
import org.apache.dubbo.rpc.service.GenericService;

/**
 * A Dubbo application that offers com.example.Greeter. It answers each line of its standard input by a line, and ends with
 * them.
 */
public class Application {
    static String servers;
    static final ServiceConfig<GenericService> service = new ServiceConfig<>();

    static String answer(String[] words) {
        switch (words[0]) {
            case "exported": // the URL that the application offers its service at
                return service.getExportedUrls().toString();
            case "providers": { // those of an interface that a consumer finds
                RegistryFactory factory = ApplicationModel.defaultModel().getExtensionLoader(RegistryFactory.class).getAdaptiveExtension();
                URL at = URL.valueOf("zookeeper://" + servers + "/org.apache.dubbo.registry.RegistryService")
                        .setScopeModel(ApplicationModel.defaultModel());
                Registry registry = factory.getRegistry(at);
                TreeSet<String> all = new TreeSet<>();
                for (URL url : registry.lookup(URL.valueOf("consumer://10.0.0.9/" + words[1] + "?category=providers&interface=" + words[1]))) {
                    all.add(url.getProtocol() + "://" + url.getAddress() + " timeout=" + url.getParameter("timeout"));
                }
                return all.toString();
            }
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    public static void main(String[] args) throws Exception {
        servers = args[0];
        ApplicationConfig application = new ApplicationConfig("shop");
        application.setQosEnable(false); // it would listen on all addresses
        ConfigCenterConfig center = new ConfigCenterConfig();
        center.setAddress("zookeeper://" + servers);
        // Given 127.0.0.1, Dubbo listens on all addresses instead. The same address as a number it takes.
        ProtocolConfig protocol = new ProtocolConfig("dubbo", -1);
        protocol.setHost("2130706433");
        service.setInterface("com.example.Greeter");
        service.setRef((method, types, values) -> "hello");
        DubboBootstrap.getInstance()
                .application(application)
                .configCenter(center)
                .registry(new RegistryConfig("zookeeper://" + servers))
                .protocol(protocol)
                .service(service)
                .start();
        System.out.println("answer = started");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            try {
                System.out.println("answer = " + answer(line.split(" ")));
            } catch (Exception e) {
                System.out.println("answer ! " + e);
            }
        }
        Runtime.getRuntime().halt(0); // its session goes with it
    }
}
