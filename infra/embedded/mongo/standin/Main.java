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
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> Log.error(thread.getName() + " has ended", e));
        Backend backend;
        Listener listener;
        try {
            backend = new Backend(Path.of(args[2], "store"));
            listener = new Listener(backend, args[0], Integer.parseInt(args[1]));
        } catch (Exception e) { // Netty throws BindException undeclared.
            Log.error("cannot start on " + args[0] + ":" + args[1], e);
            System.exit(1); // Threads that were started already would keep it alive.
            return;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            // A command that reads from a closed store takes the process down. What was acknowledged is on the disk anyway.
            if (listener.stop()) {
                backend.close();
            }
            stopped.countDown();
        }));
        Log.info("listening on " + args[0] + ":" + args[1]);
        stopped.await();
    }
}
