package standin;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.AbstractMongoBackend;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerException;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;

/** The server behind the socket: databases over one store, and nothing answered before it is on the disk. */
final class Backend extends AbstractMongoBackend {
    /** The release whose commands are understood in the main, and its number in the wire protocol. */
    private static final List<Integer> VERSION = List.of(5, 0, 0, 0);
    private static final int WIRE_VERSION = 13;
    /** Documents are objects on the heap while they are inserted: ten times as large as their bytes. */
    private static final int LARGEST_BATCH = 5000;
    private static final int LARGEST_MESSAGE = (16 << 20) + (32 << 10);
    private static final int DELETED_AT_ONCE = 1000;

    private static final Set<String> READS = Set.of("hello", "ismaster", "isMaster", "ping", "buildInfo", "buildinfo",
        "find", "getMore", "killCursors", "aggregate", "count", "distinct", "explain", "listCollections", "listIndexes",
        "listDatabases", "collStats", "dbStats", "serverStatus", "endSessions", "getParameter", "connectionStatus");

    private final Store store;
    private final Catalog catalog;
    private final Cursors cursors = new Cursors(getCursorRegistry());
    private final ScheduledExecutorService housekeeping = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "housekeeping");
        thread.setDaemon(true);
        return thread;
    });

    Backend(Path folder) {
        store = new Store(folder);
        catalog = new Catalog(store);
        version(new MongoVersion() {
            @Override
            public List<Integer> getVersionArray() {
                return VERSION;
            }

            @Override
            public int getWireVersion() {
                return WIRE_VERSION;
            }
        });
        catalog.databaseNames().forEach(this::resolveDatabase);
        housekeeping.scheduleWithFixedDelay(this::keepHouse, 10, 60, TimeUnit.SECONDS);
    }

    @Override
    protected MongoDatabase openOrCreateDatabase(String name) {
        return new StoredDatabase(name, store, catalog, cursors);
    }

    @Override
    public Document handleMessage(MongoMessage message) {
        String command = message.getDocument().keySet().iterator().next();
        try {
            Document answer = super.handleMessage(message);
            if (!READS.contains(command) || isWritingAggregation(message.getDocument())) {
                store.awaitDurable();
            }
            return answer;
        } catch (MongoServerException e) {
            throw e; // The client is told.
        } catch (RuntimeException e) {
            Log.error(command + " failed", e);
            throw e;
        }
    }

    private static boolean isWritingAggregation(Document command) {
        return command.get("pipeline") instanceof List
            && ((List<?>) command.get("pipeline")).stream().anyMatch(stage -> stage instanceof Document
                && (((Document) stage).containsKey("$out") || ((Document) stage).containsKey("$merge")));
    }

    @Override
    public Document handleCommand(Channel channel, String database, String command, Document query) {
        switch (command) {
            case "hello":
            case "isMaster":
            case "ismaster":
                return hello(super.handleCommand(channel, database, "ismaster", query));
            case "listDatabases":
                return listDatabases();
            case "getParameter":
                return new Document("ok", 1.0);
            case "endSessions":
                return new Document("ok", 1.0);
            default:
                return super.handleCommand(channel, database, command, query);
        }
    }

    private static Document hello(Document answer) {
        answer.put("isWritablePrimary", true);
        answer.put("helloOk", true);
        answer.put("maxWriteBatchSize", LARGEST_BATCH);
        answer.put("maxMessageSizeBytes", LARGEST_MESSAGE);
        answer.put("readOnly", false);
        return answer;
    }

    private List<StoredDatabase> databases() {
        List<StoredDatabase> databases = new ArrayList<>();
        for (String name : listDatabaseNames()) {
            databases.add((StoredDatabase) resolveDatabase(name));
        }
        databases.removeIf(database -> database.collectionNames().isEmpty());
        return databases;
    }

    /** One is made as soon as it is named; those without a collection are not there for anyone else. */
    private Document listDatabases() {
        List<Document> listed = new ArrayList<>();
        for (StoredDatabase database : databases()) {
            listed.add(new Document("name", database.getDatabaseName())
                .append("sizeOnDisk", store.bytesOnDisk()).append("empty", false));
        }
        Document answer = new Document("databases", listed).append("totalSize", store.bytesOnDisk());
        Utils.markOkay(answer);
        return answer;
    }

    /** Removes what has expired, as mongod does: once a minute. */
    private void keepHouse() {
        try {
            cursors.expire();
            for (StoredDatabase database : databases()) {
                database.forEachExpiring(expiring -> {
                    Instant end = Instant.now(getClock()).minusSeconds(expiring.seconds);
                    Document expired = new Document(expiring.field, new Document("$lt", end));
                    while (expiring.collection.deleteDocuments(expired, DELETED_AT_ONCE) == DELETED_AT_ONCE) {
                        Thread.yield(); // Writers take their turn.
                    }
                });
            }
        } catch (RuntimeException e) {
            Log.error("removing what has expired failed", e);
        }
    }

    /** For whoever asks over HTTP. */
    String health() {
        long documents = databases().stream().flatMap(database -> database.collectionNames().stream()
            .map(name -> database.resolveCollection(name, true))).mapToLong(collection -> collection.count()).sum();
        return "{\"ok\":true,\"documents\":" + documents + ",\"bytesOnDisk\":" + store.bytesOnDisk() + "}";
    }

    @Override
    public void close() {
        housekeeping.shutdownNow();
        super.close();
        try {
            // What still reads must not find the store closed.
            if (!housekeeping.awaitTermination(5, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            return;
        }
        store.close();
    }
}
