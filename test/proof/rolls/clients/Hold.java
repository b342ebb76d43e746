// SESSIONS sessions of JDBC, each of which queries ten times a second until /tmp/stop is there.

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

public class Hold {
    static final AtomicInteger ok = new AtomicInteger();
    static final List<String> said = new CopyOnWriteArrayList<>();

    static void session() {
        try (Connection connection = DriverManager.getConnection(System.getenv("JDBC_URL"), "postgres", System.getenv("PGPASSWORD"));
                Statement statement = connection.createStatement()) {
            while (!Files.exists(Path.of("/tmp/stop"))) {
                statement.executeQuery("SELECT 'ok'").close();
                ok.incrementAndGet();
                Thread.sleep(100);
            }
        } catch (SQLException | InterruptedException error) {
            said.add('"' + error.getMessage().replaceAll("[\\\\\"\\p{Cntrl}]", " ") + '"');
        }
    }

    public static void main(String[] args) throws InterruptedException {
        Thread[] sessions = new Thread[Integer.parseInt(System.getenv("SESSIONS"))];
        for (int each = 0; each < sessions.length; each++) (sessions[each] = new Thread(Hold::session)).start();
        for (Thread each : sessions) each.join();
        System.out.println("{\"ok\":" + ok + ",\"failed\":" + said.size() + ",\"said\":[" + String.join(",", said) + "]}");
    }
}
