package standin;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Starts the stand-in: {@code java standin.Main <address> <port> <data folder>}. */
public final class Main {

    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: standin.Main <address> <port> <data folder>");
            System.exit(2);
        }
        Backend backend = new Backend(Path.of(args[2], "store"));
        Listener listener = new Listener(backend, args[0], Integer.parseInt(args[1]));
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            listener.close();
            backend.close();
            stopped.countDown();
        }));
        System.out.println("listening on " + args[0] + ":" + args[1]);
        stopped.await();
    }
}
