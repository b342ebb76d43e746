// A socket factory for JDBC: tries each address of a name, as libpq does. Its argument is `name:port`.
import java.io.IOException;
import java.net.*;
import javax.net.SocketFactory;

public class AllAddresses extends SocketFactory {
    private final String name;
    private final int port;

    public AllAddresses(String argument) {
        name = argument.substring(0, argument.lastIndexOf(':'));
        port = Integer.parseInt(argument.substring(name.length() + 1));
    }

    /** A connected socket: the driver connects only one that is not. */
    @Override
    public Socket createSocket() throws IOException {
        IOException failure = new UnknownHostException(name);
        for (InetAddress address : InetAddress.getAllByName(name)) {
            Socket socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(address, port), 5000);
                return socket;
            } catch (IOException cause) {
                failure = cause;
                socket.close();
            }
        }
        throw failure;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return createSocket();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
        return createSocket();
    }
}
