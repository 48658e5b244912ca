package standin;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.rocksdb.RocksIterator;

import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.AbstractMongoCollection;
import de.bwaldvogel.mongo.backend.ArrayFilters;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.IndexBuildFailedException;
import de.bwaldvogel.mongo.exception.InvalidIdFieldError;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.oplog.Oplog;

/**
 * A collection in the store. Documents are kept in the order of their insertion, under a record id that indexes point
 * to. A document and its index entries are written in one batch: a kill leaves all of it or nothing. Writes take turns,
 * reads do not wait for them.
 */
final class StoredCollection extends AbstractMongoCollection<Long> {
    private static final int LARGEST_DOCUMENT = 16 << 20;

    private final Store store;
    private final Catalog catalog;
    private final int id;
    private final byte[] prefix;
    private final List<FieldIndex> indexes = new CopyOnWriteArrayList<>();
    private volatile long documents;
    private volatile long bytes;
    private long nextRecord;

    /** The changes of the write that is under way. */
    private Batch staged;
    private long stagedDocuments;
    private long stagedBytes;
    /** How many documents the base class will change of those that it asks for; 0 for all. */
    private int changing;

    StoredCollection(MongoDatabase database, String name, CollectionOptions options, CursorRegistry cursors, Store store, Catalog catalog) {
        super(database, name, options, cursors);
        this.store = store;
        this.catalog = catalog;
        id = catalog.openCollection(getFullName());
        prefix = ByteBuffer.allocate(Integer.BYTES).putInt(id).array();
        Catalog.Size size = catalog.readSize(id);
        documents = size.documents;
        bytes = size.bytes;
        nextRecord = lastRecord() + 1;
    }

    int id() {
        return id;
    }

    static byte[] recordId(long record) {
        return ByteBuffer.allocate(Long.BYTES).putLong(record).array();
    }

    static byte[] documentKey(byte[] collectionPrefix, long record) {
        return ByteBuffer.allocate(Integer.BYTES + Long.BYTES).put(collectionPrefix).putLong(record).array();
    }

    private long lastRecord() {
        try (RocksIterator entries = store.iterate(store.documents)) {
            entries.seekForPrev(documentKey(prefix, Long.MAX_VALUE));
            boolean mine = entries.isValid() && ByteBuffer.wrap(entries.key()).getInt() == id;
            return mine ? KeyCodec.readLong(entries.key(), Integer.BYTES) : 0;
        }
    }

    // ---- Writing

    /** The batch of the write that is under way. */
    Batch staged() {
        if (staged == null) {
            staged = new Batch(1024);
        }
        return staged;
    }

    private static void checkSize(int length) {
        if (length > LARGEST_DOCUMENT) {
            throw new MongoServerError(10334, "BSONObjectTooLarge", "the document has " + length + " bytes, more than 16 MiB");
        }
    }

    private void commit() {
        if (staged == null) {
            return;
        }
        catalog.putSize(staged, id, documents + stagedDocuments, bytes + stagedBytes);
        store.write(staged);
        documents += stagedDocuments;
        bytes += stagedBytes;
        discard();
    }

    private void discard() {
        staged = null;
        stagedDocuments = 0;
        stagedBytes = 0;
    }

    @Override
    public List<Document> insertDocuments(List<Document> inserted, boolean isOrdered) {
        return insert(inserted.stream().map(RawDocument::new).collect(Collectors.toList()), isOrdered);
    }

    /** @return an error for each document that was refused, as MongoDB answers it. */
    synchronized List<Document> insert(List<RawDocument> inserted, boolean isOrdered) {
        List<Document> errors = new ArrayList<>();
        Insertion insertion = new Insertion(store, indexes, getIdField(), inserted);
        for (int i = 0; i < inserted.size(); i++) {
            try {
                accept(insertion, i, inserted.get(i));
            } catch (MongoServerError e) {
                errors.add(writeError(e, i, insertion));
                if (isOrdered) {
                    break;
                }
            }
        }
        commit(insertion);
        return errors;
    }

    private void accept(Insertion insertion, int i, RawDocument document) {
        if (insertion.hasArrayAsId(i)) {
            throw new InvalidIdFieldError("The '_id' value cannot be of type array");
        }
        FieldIndex conflict = insertion.conflict(i);
        if (conflict != null) {
            throw conflict.duplicate(insertion.document(i), this);
        }
        checkSize(document.length());
        insertion.accept(i, nextRecord);
        nextRecord++;
    }

    private void commit(Insertion insertion) {
        if (insertion.isEmpty()) {
            return;
        }
        try {
            staged = insertion.batch(prefix);
            stagedDocuments = insertion.count();
            stagedBytes = insertion.bytes();
            commit();
        } finally {
            discard();
        }
    }

    private Document writeError(MongoServerError e, int i, Insertion insertion) {
        Document error = new Document("index", i).append("code", e.getCode()).append("errmsg", e.getMessageWithoutErrorCode());
        FieldIndex conflict = e.getCode() == 11000 ? insertion.conflict(i) : null;
        if (conflict != null) {
            Document pattern = new Document();
            Document value = new Document();
            conflict.getKeys().forEach(key -> {
                pattern.put(key.getKey(), key.isAscending() ? 1 : -1);
                value.put(key.getKey(), insertion.document(i).get(key.getKey()));
            });
            error.append("keyPattern", pattern).append("keyValue", value);
        }
        return error;
    }

    @Override
    public synchronized void addDocument(Document document) {
        RawDocument raw = new RawDocument(document);
        // A collection without an index, as the catalogue of collections is, has no ids.
        Insertion insertion = new Insertion(store, indexes, indexes.isEmpty() ? null : getIdField(), List.of(raw));
        accept(insertion, 0, raw);
        commit(insertion);
    }

    @Override
    public synchronized void addDocuments(Stream<Document> added) {
        super.addDocuments(added);
    }

    @Override
    public synchronized void removeDocument(Document document) {
        Long record = indexes.stream().filter(FieldIndex::isUnique).findFirst()
            .map(index -> index.getPosition(document)).orElseGet(() -> findDocumentPosition(document));
        if (record == null) {
            return;
        }
        byte[] recordId = recordId(record);
        byte[] key = documentKey(prefix, record);
        byte[] bson = store.get(store.documents, key);
        // Its entries are those of the stored document, whatever a projection has left of the one given.
        Document stored = DocumentCodec.decode(bson, null);
        try {
            staged().delete(store.documents, key);
            for (FieldIndex index : indexes) {
                for (byte[] entry : index.keysOf(stored)) {
                    index.delete(staged(), entry, recordId);
                }
            }
            stagedDocuments--;
            stagedBytes -= bson.length;
            commit();
        } finally {
            discard();
        }
    }

    @Override
    protected void handleUpdate(Long record, Document oldDocument, Document newDocument) {
        byte[] old = store.get(store.documents, documentKey(prefix, record));
        byte[] bson = DocumentCodec.encode(newDocument);
        checkSize(bson.length);
        staged().put(store.documents, documentKey(prefix, record), bson);
        stagedBytes += bson.length - old.length;
        commit();
    }

    @Override
    public synchronized Document updateDocuments(Document selector, Document updateQuery, ArrayFilters arrayFilters,
                                                 boolean isMulti, boolean isUpsert, Oplog oplog) {
        changing = isMulti ? 0 : 1;
        try {
            return super.updateDocuments(selector, updateQuery, arrayFilters, isMulti, isUpsert, oplog);
        } finally {
            changing = 0;
            discard();
        }
    }

    @Override
    public synchronized Document findAndModify(Document query) {
        try {
            return super.findAndModify(query);
        } finally {
            discard();
        }
    }

    @Override
    public synchronized int deleteDocuments(Document selector, int limit, Oplog oplog) {
        return super.deleteDocuments(selector, limit, oplog);
    }

    // ---- Reading

    /** The documents that a query finds, read as they are asked for. */
    Iterator<Row> find(Query query) {
        Plan plan = plan(query);
        boolean covered = query.isCoveredBy(plan);
        Iterator<Row> rows = new Scan(store, prefix, plan, query.expected(), covered);
        Set<String> fields = query.fields();
        boolean known = covered && plan.exact;
        return query.sorted(plan, known ? rows
            : Query.filter(rows, row -> documentMatchesQuery(row.document(fields), query.filter)));
    }

    /** What a query finds, grouped, where an index tells all of it; null where that is left to the library. */
    List<Document> group(Query query, List<Document> stages) {
        Plan plan = plan(query);
        if (!query.isCoveredBy(plan) || !plan.exact || query.skip > 0 || query.limit > 0) {
            return null;
        }
        Grouping grouping = Grouping.of(stages, plan.index);
        boolean whole = grouping != null && new Scan(store, prefix, plan, 0, true).forEachEntry((key, types) -> {
            Object[] values = plan.index.values(key, types);
            return values != null && grouping.add(values);
        });
        return whole ? grouping.results() : null;
    }

    Plan plan(Query query) {
        return Plan.choose(query.isNatural() ? List.of() : indexes, prefix, query.filter, query.orderBy, query.isBackwards());
    }

    /** Documents as a projection shows them. */
    List<Document> project(List<Document> found, Document projection) {
        if (projection == null || projection.isEmpty()) {
            return found;
        }
        return matchDocumentsFromStream(found.stream(), new Document(), null, 0, 0, 0, projection).collectDocuments();
    }

    @Override
    protected QueryResult queryDocuments(Document filter, Document orderBy, int skip, int limit, int batchSize, Document projection) {
        int most = changing > 0 ? changing : limit;
        Query query = new Query(filter, orderBy, Math.max(skip, 0), Math.max(most, 0), projection);
        List<Document> found = new ArrayList<>();
        find(query).forEachRemaining(row -> found.add(row.document(query.fields())));
        return new QueryResult(project(found, projection));
    }

    @Override
    protected QueryResult matchDocuments(Document filter, Document orderBy, int skip, int limit, int batchSize, Document projection) {
        return queryDocuments(filter, orderBy, skip, limit, batchSize, projection);
    }

    @Override
    public int count(Document filter, int skip, int limit) {
        if (filter == null || filter.isEmpty()) {
            return super.count(filter, skip, limit);
        }
        Query query = new Query(filter, null, 0, 0, new Document("_id", 1));
        Plan plan = plan(query);
        long count = 0;
        if (plan.exact) {
            count = new Scan(store, prefix, plan, 0, false).count();
        } else {
            for (Iterator<Row> rows = find(query); rows.hasNext(); rows.next()) {
                count++;
            }
        }
        count = Math.max(0, count - skip);
        return (int) (limit > 0 ? Math.min(count, limit) : count);
    }

    @Override
    protected Stream<DocumentWithPosition<Long>> streamAllDocumentsWithPosition() {
        return Query.stream(find(Query.all()))
            .map(row -> new DocumentWithPosition<>(row.document(null), row.record));
    }

    @Override
    protected Document getDocument(Long record) {
        return DocumentCodec.decode(store.get(store.documents, documentKey(prefix, record)), null);
    }

    @Override
    public int count() {
        return (int) documents;
    }

    @Override
    protected int getDataSize() {
        return (int) Math.min(bytes, Integer.MAX_VALUE);
    }

    @Override
    public Document getStats() {
        Document stats = new Document("ns", getFullName())
            .append("count", documents)
            .append("size", bytes)
            .append("avgObjSize", documents == 0 ? 0L : bytes / documents)
            .append("storageSize", store.bytesOnDisk())
            .append("nindexes", indexes.size())
            .append("indexSize", new Document());
        Utils.markOkay(stats);
        return stats;
    }

    // ---- Indexes

    @Override
    public synchronized void addIndex(Index<Long> added) {
        FieldIndex index = (FieldIndex) added;
        boolean known = indexes.stream().anyMatch(other -> other.getName().equals(index.getName()));
        if (!known && !index.entry().ready) {
            build(index);
        }
        if (known) {
            super.addIndex(index);
        } else {
            getIndexes().add(index);
            indexes.add(index);
        }
    }

    private void build(FieldIndex index) {
        index.clear();
        Set<ByteBuffer> taken = new HashSet<>();
        int pending = 0;
        try {
            for (Iterator<Row> rows = find(Query.all()); rows.hasNext();) {
                Row row = rows.next();
                Document document = row.document(null);
                for (byte[] key : index.keysOf(document)) {
                    if (index.isUnique() && !taken.add(ByteBuffer.wrap(key))) {
                        throw new IndexBuildFailedException(index.duplicate(document, this), this);
                    }
                    index.put(staged(), key, recordId(row.record), document);
                }
                if (++pending % 1000 == 0) {
                    commit();
                }
            }
            commit();
        } catch (MongoServerError e) {
            discard();
            index.drop();
            throw e;
        }
        catalog.markReady(index.entry());
    }

    @Override
    public synchronized void dropIndex(String name) {
        indexes.removeIf(index -> index.getName().equals(name));
        super.dropIndex(name);
    }

    @Override
    public synchronized void renameTo(MongoDatabase newDatabase, String newName) {
        catalog.renameCollection(getFullName(), newDatabase.getDatabaseName() + "." + newName, id);
        super.renameTo(newDatabase, newName);
    }

    @Override
    public synchronized void drop() {
        super.drop();
        catalog.removeCollection(getFullName(), id);
        store.deleteRange(store.documents, prefix, KeyCodec.after(prefix));
        documents = 0;
        bytes = 0;
    }

    // ---- What the base class would do, and is done above

    @Override
    protected void updateDataSize(int sizeDelta) {
        // Counted with the bytes that are written.
    }

    @Override
    protected boolean tracksDataSize() {
        return false;
    }

    @Override
    protected Long addDocumentInternal(Document document) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected void removeDocument(Long record) {
        throw new UnsupportedOperationException();
    }
}
