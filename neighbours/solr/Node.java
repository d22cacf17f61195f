import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.solr.embedded.JettyConfig;
import org.apache.solr.embedded.JettySolrRunner;

/** A node of SolrCloud on a free port of this machine. It says which, and ends when standard input does. */
public class Node {
    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]);
        Files.writeString(home.resolve("solr.xml"), "<solr><solrcloud>"
                + "<str name='zkHost'>" + args[1] + "</str>"
                + "<str name='host'>127.0.0.1</str>"
                + "<int name='hostPort'>${hostPort:0}</int>"
                + "<str name='hostContext'>solr</str>"
                // As in the solr.xml that Solr comes with.
                + "<str name='zkCredentialsProvider'>${zkCredentialsProvider}</str>"
                + "<str name='zkACLProvider'>${zkACLProvider}</str>"
                + "<str name='zkCredentialsInjector'>${zkCredentialsInjector}</str>"
                + "</solrcloud></solr>");
        System.setProperty("zkHost", args[1]);
        JettySolrRunner node = new JettySolrRunner(home.toString(), JettyConfig.builder().setPort(0).build());
        try {
            node.start();
        } catch (Exception e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1); // threads of Jetty would go on
        }
        System.out.println("answer = " + node.getLocalPort());
        while (System.in.read() >= 0) {}
        Runtime.getRuntime().halt(0); // its session goes with it
    }
}
