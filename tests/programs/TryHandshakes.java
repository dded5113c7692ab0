import java.io.FileInputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Tries one TLS handshake for each line "PORT NAME" of a file, over loopback, and prints "NAME accepted" or
 * "NAME refused: REASON". Arguments: a PKCS #12 trust store, its password, the file.
 */
class TryHandshakes {
    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(arguments[0])) {
            store.load(file, arguments[1].toCharArray());
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        for (String line : Files.readAllLines(Path.of(arguments[2]))) {
            String[] words = line.split(" ");
            System.out.println(words[1] + " " + tryOne(context, Integer.parseInt(words[0]), words[1]));
        }
    }

    private static String tryOne(SSLContext context, int port, String name) {
        try (Socket plain = new Socket("127.0.0.1", port);
                SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, name, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(10000);
            socket.startHandshake();
            return "accepted";
        } catch (Exception error) {
            return "refused: " + error.getMessage();
        }
    }
}
