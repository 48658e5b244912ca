package standin;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractSynchronizedMongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.DatabaseResolver;
import de.bwaldvogel.mongo.backend.DefaultQueryMatcher;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.backend.aggregation.Aggregation;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.IndexNotFoundException;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.oplog.Oplog;
import io.netty.channel.Channel;

/** A database in the store, and those commands that need its indexes or its cursors. */
final class StoredDatabase extends AbstractSynchronizedMongoDatabase<Long> {
    private static final String INDEXES = "system.indexes";

    private final Store store;
    private final Catalog catalog;
    private final Cursors cursors;
    private final boolean opened;

    StoredDatabase(String name, Store store, Catalog catalog, Cursors cursors) {
        super(name, cursors.registry());
        this.store = store;
        this.catalog = catalog;
        this.cursors = cursors;
        initializeNamespacesAndIndexes();
        opened = true;
        // A kill may have come between a collection and its index; without it an _id could be taken twice.
        for (String collection : collectionNames()) {
            if (resolveCollection(collection, true).getNumIndexes() == 0) {
                addIndex(new Document("v", 2).append("key", new Document("_id", 1)).append("name", "_id_")
                    .append("ns", getFullCollectionNamespace(collection)));
            }
        }
    }

    List<String> collectionNames() {
        List<String> names = new ArrayList<>();
        for (Document namespace : resolveCollection("system.namespaces", true).queryAll()) {
            String name = namespace.get("name").toString().substring(getDatabaseName().length() + 1);
            if (!name.startsWith("system.")) {
                names.add(name);
            }
        }
        return names;
    }

    @Override
    protected MongoCollection<Long> openOrCreateCollection(String name, CollectionOptions options) {
        return new StoredCollection(this, name, options, cursorRegistry, store, catalog);
    }

    @Override
    public synchronized MongoCollection<Long> createCollectionOrThrowIfExists(String name, CollectionOptions options) {
        return super.createCollectionOrThrowIfExists(name, options);
    }

    @Override
    protected Index<Long> openOrCreateUniqueIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
        return openIndex(collection, name, keys, true, sparse);
    }

    @Override
    protected Index<Long> openOrCreateSecondaryIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
        return openIndex(collection, name, keys, false, sparse);
    }

    private FieldIndex openIndex(String collectionName, String name, List<IndexKey> keys, boolean unique, boolean sparse) {
        StoredCollection collection = (StoredCollection) resolveCollection(collectionName, true);
        boolean inUse = collection.getIndexes().stream().anyMatch(index -> index.getName().equals(name));
        Catalog.IndexEntry entry = catalog.findIndex(collection.id(), name);
        if (entry == null) {
            entry = catalog.createIndex(collection.id(), name);
        } else if (opened && !inUse) {
            entry.ready = false; // Left by a creation that was killed: nobody has kept it up since.
        }
        return new FieldIndex(store, catalog, entry, keys, unique, sparse);
    }

    @Override
    public Document handleCommand(Channel channel, String command, Document query, DatabaseResolver databases, Oplog oplog) {
        switch (command) {
            case "insert":
                return insert(query);
            case "find":
                return find(query);
            case "aggregate":
                return aggregate(query, databases, oplog);
            case "explain":
                return explain((Document) query.get("explain"));
            case "createIndexes":
                checkExpiry(query);
                break;
            case "collMod":
                return changeExpiry(query);
            case "listCollections":
                return listCollections(super.handleCommand(channel, command, query, databases, oplog), query);
            default:
        }
        return super.handleCommand(channel, command, query, databases, oplog);
    }

    private StoredCollection collection(String name) {
        return (StoredCollection) resolveCollection(name, false);
    }

    private Document insert(Document query) {
        String name = (String) query.get("insert");
        if (name.startsWith("system.")) {
            throw new MongoServerError(73, "InvalidNamespace", "cannot write to " + getFullCollectionNamespace(name));
        }
        List<RawDocument> documents = new ArrayList<>();
        for (Object document : (List<?>) query.get("documents")) {
            documents.add(document instanceof RawDocument ? (RawDocument) document : new RawDocument((Document) document));
        }
        boolean ordered = !Boolean.FALSE.equals(query.get("ordered"));
        List<Document> errors = ((StoredCollection) resolveOrCreateCollection(name)).insert(documents, ordered);
        int tried = ordered && !errors.isEmpty() ? (int) errors.get(0).get("index") + 1 : documents.size();
        Document answer = new Document("n", tried - errors.size());
        if (!errors.isEmpty()) {
            answer.append("writeErrors", errors);
        }
        Utils.markOkay(answer);
        return answer;
    }

    private Document find(Document query) {
        String name = (String) query.get("find");
        StoredCollection collection = collection(name);
        Document projection = (Document) query.get("projection");
        Query asked = asked(query, projection);
        boolean single = Utils.isTrue(query.get("singleBatch"));
        return cursors.open(getFullCollectionNamespace(name), number(query, "batchSize", Cursors.FIRST_BATCH), single,
            collection == null ? List.<Row>of().iterator() : collection.find(asked),
            rows -> {
                List<Document> documents = new ArrayList<>();
                rows.forEach(row -> documents.add(row.document(asked.fields())));
                return collection == null ? documents : collection.project(documents, projection);
            });
    }

    private static Query asked(Document query, Document projection) {
        return new Query((Document) query.get("filter"), (Document) query.get("sort"), number(query, "skip", 0),
            Math.abs(number(query, "limit", 0)), projection);
    }

    private static int number(Document query, String name, int otherwise) {
        Number number = (Number) query.get(name);
        return number == null ? otherwise : number.intValue();
    }

    /** What the first stages select and order is read through the indexes; the rest is the library's. */
    private Document aggregate(Document query, DatabaseResolver databases, Oplog oplog) {
        Object name = query.get("aggregate");
        String namespace = getFullCollectionNamespace(name.toString());
        StoredCollection collection = name instanceof String ? collection((String) name) : null;
        Pipeline pipeline = Pipeline.of(Aggregation.parse(query.get("pipeline")));
        Document cursor = (Document) query.getOrDefault("cursor", new Document());
        int batchSize = number(cursor, "batchSize", Cursors.FIRST_BATCH);
        Iterator<Document> results;
        if (collection == null) {
            results = List.<Document>of().iterator();
        } else if (pipeline.countField != null) {
            int count = collection.count(pipeline.filter, pipeline.skip, pipeline.limit);
            results = pipeline.countResult(count).iterator();
        } else {
            Aggregation rest = Aggregation.fromPipeline(pipeline.rest, databases, this, collection, oplog);
            rest.validate(new Document("cursor", new Document()));
            Query asked = new Query(pipeline.filter, pipeline.sort, pipeline.skip, pipeline.limit, Fields.readBy(pipeline.rest));
            List<Document> groups = collection.group(asked, pipeline.rest);
            results = groups != null ? groups.iterator() : run(rest, collection, asked);
        }
        return cursors.open(namespace, batchSize, false, results, documents -> documents);
    }

    private static Iterator<Document> run(Aggregation stages, StoredCollection collection, Query asked) {
        Iterator<Document> source = Query.stream(collection.find(asked)).map(row -> row.document(asked.fields())).iterator();
        return stages.isModifying() ? stages.runStages(Query.stream(source)).iterator()
            : stages.runStagesAsStream(Query.stream(source)).iterator();
    }

    private Document explain(Document query) {
        String name = (String) query.get("find");
        if (name == null) {
            throw new MongoServerError(115, "CommandNotSupported", "explain is there for find only");
        }
        StoredCollection collection = collection(name);
        Document plan = collection == null ? new Document("stage", "EOF") : collection.plan(asked(query, null)).describe();
        Document answer = new Document("queryPlanner",
            new Document("namespace", getFullCollectionNamespace(name)).append("winningPlan", plan));
        Utils.markOkay(answer);
        return answer;
    }

    // ---- Expiry

    /** Those of a collection, or of all, as they were given to createIndexes. */
    private List<Document> indexDescriptions(String collection) {
        List<Document> descriptions = new ArrayList<>();
        MongoCollection<?> all = resolveCollection(INDEXES, false);
        if (all != null) {
            Document wanted = collection == null ? new Document() : new Document("ns", getFullCollectionNamespace(collection));
            all.handleQuery(wanted).forEach(descriptions::add);
        }
        return descriptions;
    }

    private void checkExpiry(Document query) {
        for (Document existing : indexDescriptions((String) query.get("createIndexes"))) {
            for (Object wanted : (Collection<?>) query.get("indexes")) {
                Document index = (Document) wanted;
                boolean same = existing.get("name").equals(index.get("name"));
                if (same && seconds(existing) != seconds(index)) {
                    throw new MongoServerError(85, "IndexOptionsConflict", "the index " + index.get("name")
                        + " exists with another expireAfterSeconds; change it with collMod");
                }
            }
        }
    }

    private static long seconds(Document index) {
        return index.get("expireAfterSeconds") == null ? -1 : ((Number) index.get("expireAfterSeconds")).longValue();
    }

    private Document changeExpiry(Document query) {
        Document wanted = (Document) query.get("index");
        String collection = (String) query.get("collMod");
        for (Document index : wanted == null ? List.<Document>of() : indexDescriptions(collection)) {
            if (index.get("name").equals(wanted.get("name")) || index.get("key").equals(wanted.get("keyPattern"))) {
                resolveCollection(INDEXES, true).updateDocuments(
                    new Document("ns", index.get("ns")).append("name", index.get("name")),
                    new Document("$set", new Document("expireAfterSeconds", wanted.get("expireAfterSeconds"))),
                    de.bwaldvogel.mongo.backend.ArrayFilters.empty(), false, false, de.bwaldvogel.mongo.oplog.NoopOplog.get());
                Document answer = new Document();
                Utils.markOkay(answer);
                return answer;
            }
        }
        throw new IndexNotFoundException("cannot find the index to change");
    }

    /** Tells of each index whose documents expire. */
    void forEachExpiring(Consumer<Expiring> consumer) {
        for (Document index : indexDescriptions(null)) {
            Set<String> fields = ((Document) index.get("key")).keySet();
            String collection = index.get("ns").toString().substring(getDatabaseName().length() + 1);
            MongoCollection<?> found = resolveCollection(collection, false);
            if (seconds(index) >= 0 && fields.size() == 1 && found != null) {
                consumer.accept(new Expiring(found, fields.iterator().next(), seconds(index)));
            }
        }
    }

    static final class Expiring {
        final MongoCollection<?> collection;
        final String field;
        final long seconds;

        Expiring(MongoCollection<?> collection, String field, long seconds) {
            this.collection = collection;
            this.field = field;
            this.seconds = seconds;
        }
    }

    /** The library lists all, whatever was asked for. */
    private static Document listCollections(Document answer, Document query) {
        Document filter = (Document) query.getOrDefault("filter", new Document());
        Document cursor = (Document) answer.get("cursor");
        ((List<?>) cursor.get("firstBatch")).removeIf(found -> !new DefaultQueryMatcher().matches((Document) found, filter));
        return answer;
    }

    @Override
    public synchronized void dropCollection(String name, Oplog oplog) {
        super.dropCollection(name, oplog);
    }

    @Override
    public synchronized void moveCollection(MongoDatabase oldDatabase, MongoCollection<?> collection, String newName) {
        super.moveCollection(oldDatabase, collection, newName);
    }

    @Override
    protected long getStorageSize() {
        return store.bytesOnDisk();
    }

    @Override
    protected long getFileSize() {
        return getStorageSize();
    }
}
