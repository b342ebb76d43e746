// Connects, queries and disconnects without a pause until /tmp/stop is there: JDBC, with the URL that the environment has.
// Prints each hundredth.

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

public class Reconnect {
    static String describe(SQLException error) {
        String cause = error.getCause() == null ? "" : " " + error.getCause().getMessage();
        String text = LocalTime.now(ZoneOffset.UTC).toString().substring(0, 8) + " " + error.getMessage() + cause;
        return '"' + text.replaceAll("[\\\\\"\\p{Cntrl}]", " ") + '"';
    }

    public static void main(String[] args) throws InterruptedException {
        int ok = 0;
        int failed = 0;
        long longest = 0;
        List<String> said = new ArrayList<>();
        while (!Files.exists(Path.of("/tmp/stop"))) {
            long from = System.currentTimeMillis();
            try (Connection connection = DriverManager.getConnection(System.getenv("JDBC_URL"), "postgres", System.getenv("PGPASSWORD"));
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT 1")) {
                rows.next();
                ok++;
                if (ok % 100 == 0) System.out.println(ok);
            } catch (SQLException error) {
                failed++;
                if (failed <= 20) said.add(describe(error));
                Thread.sleep(100); // one that is refused again and again would take the others' time
            }
            longest = Math.max(longest, System.currentTimeMillis() - from);
        }
        System.out.println("{\"ok\":" + ok + ",\"failed\":" + failed + ",\"longest\":" + longest + ",\"said\":[" + String.join(",", said) + "]}");
    }
}
