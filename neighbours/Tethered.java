import java.io.IOException;
import java.util.Arrays;

/**
 * Runs the main method of another class, and ends when standard input does. So no neighbour outlives the tests, however
 * these end.
 *
 * <pre>java -cp '.neighbours/kafka/lib/*' neighbours/Tethered.java kafka.Kafka server.properties</pre>
 */
public class Tethered {
    public static void main(String[] args) throws Exception {
        Thread tether = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {}
            } catch (IOException e) {
                // That is its end too.
            }
            Runtime.getRuntime().halt(0);
        });
        tether.setDaemon(true);
        tether.start();
        Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    }
}
