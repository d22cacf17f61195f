import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.helix.HelixAdmin;
import org.apache.helix.HelixManager;
import org.apache.helix.HelixManagerFactory;
import org.apache.helix.InstanceType;
import org.apache.helix.manager.zk.ZKHelixAdmin;
import org.apache.helix.model.InstanceConfig;

/** Helix, as administrators and participants use it. It answers each line of its standard input by a line, and ends with them. */
public class Ask {
    static String servers;
    static HelixAdmin admin;
    static final List<HelixManager> participants = new ArrayList<>();

    static String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "instances": // of a cluster
                return admin.getInstancesInCluster(words[1]).toString();
            case "instance": { // cluster, instance
                InstanceConfig config = admin.getInstanceConfig(words[1], words[2]);
                return config.getHostName() + ":" + config.getPort() + " " + config.getInstanceEnabled() + " " + config.getTags();
            }
            case "join": { // cluster, instance
                HelixManager participant = HelixManagerFactory.getZKHelixManager(words[1], words[2], InstanceType.PARTICIPANT, servers);
                participant.connect();
                participants.add(participant);
                return String.valueOf(participant.isConnected());
            }
            case "enable": // cluster, instance, true or false
                admin.enableInstance(words[1], words[2], Boolean.parseBoolean(words[3]));
                return "";
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    public static void main(String[] args) throws Exception {
        servers = args[0];
        admin = new ZKHelixAdmin.Builder().setZkAddress(servers).build();
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
