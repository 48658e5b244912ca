package standin;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;


import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.DuplicateKeyError;
import de.bwaldvogel.mongo.exception.MongoServerError;

/** An index over one or more fields, kept in the store in the order of its keys. */
final class FieldIndex extends Index<Long> {
    /** A part of a path that is a number may mean an element of an array. */
    private static final Pattern INTO_ARRAY = Pattern.compile("\\.[0-9]+(\\.|$)");

    private final Store store;
    private final Catalog catalog;
    private final Catalog.IndexEntry entry;
    private final boolean unique;
    private final byte[] prefix;

    FieldIndex(Store store, Catalog catalog, Catalog.IndexEntry entry, List<IndexKey> fields, boolean unique, boolean sparse) {
        super(entry.name, fields, sparse);
        this.store = store;
        this.catalog = catalog;
        this.entry = entry;
        this.unique = unique;
        prefix = ByteBuffer.allocate(Integer.BYTES).putInt(entry.id).array();
    }

    @Override
    public boolean isUnique() {
        return unique;
    }

    /** The name is the same: whether all else is too. */
    @Override
    public boolean hasSameOptions(Index<?> other) {
        return super.hasSameOptions(other) && unique == other.isUnique()
            && getKeys().toString().equals(other.getKeys().toString());
    }

    boolean leavesOutMissing() {
        return isSparse();
    }

    Catalog.IndexEntry entry() {
        return entry;
    }

    byte[] prefix() {
        return prefix;
    }

    /** Whether some document has an array, or another value without exact order, in a field of this index. */
    boolean isIrregular() {
        return entry.irregular;
    }

    /** The keys under which a document stands, without its record id: several if a field holds an array. */
    List<byte[]> keysOf(Document document) {
        List<List<Object>> combinations = new ArrayList<>();
        combinations.add(new ArrayList<>());
        boolean somethingThere = false;
        int arrays = 0;
        boolean exact = true;
        for (IndexKey field : getKeys()) {
            Object value = valueOf(document, field.getKey());
            somethingThere |= !(value instanceof Missing);
            if (value instanceof Collection) {
                arrays++;
                exact = false;
                combinations = multiply(combinations, (Collection<?>) value);
            } else {
                exact &= KeyCodec.isExact(value);
                for (List<Object> combination : combinations) {
                    combination.add(value);
                }
            }
        }
        if (isSparse() && !somethingThere) {
            return List.of();
        }
        if (arrays > 1) {
            getKeyValues(document); // Throws where MongoDB refuses two arrays in one index.
        }
        if (!exact && !entry.irregular) {
            catalog.markIrregular(entry);
        }
        if (combinations.size() == 1) {
            return List.of(encode(combinations.get(0)));
        }
        return combinations.stream().map(this::encode).map(ByteBuffer::wrap).distinct()
            .map(ByteBuffer::array).collect(Collectors.toList());
    }

    /**
     * Appends the key of a document all of whose values here are plain.
     *
     * @param fields the numbers of this index's fields in {@code found}.
     * @return false, and appends nothing, if it is not in this index.
     */
    boolean writeKey(FieldFinder found, int[] fields, int document, byte[] bson, Bytes out) {
        if (isSparse() && Arrays.stream(fields).noneMatch(field -> found.has(document, field))) {
            return false;
        }
        out.write(prefix);
        for (int i = 0; i < fields.length; i++) {
            KeyCodec.write(found.type(document, fields[i]), bson, found.position(document, fields[i]), getKeys().get(i).isAscending(), out);
        }
        return true;
    }

    private static List<List<Object>> multiply(List<List<Object>> combinations, Collection<?> elements) {
        List<List<Object>> product = new ArrayList<>();
        for (List<Object> combination : combinations) {
            for (Object element : elements.isEmpty() ? Arrays.asList((Object) null) : elements) {
                List<Object> longer = new ArrayList<>(combination);
                longer.add(element);
                product.add(longer);
            }
        }
        return product;
    }

    private byte[] encode(List<Object> values) {
        Bytes out = new Bytes(64);
        out.write(prefix);
        for (int i = 0; i < values.size(); i++) {
            KeyCodec.write(values.get(i), getKeys().get(i).isAscending(), out);
        }
        return out.toByteArray();
    }

    static Object valueOf(Document document, String field) {
        Document inner = document;
        int start = 0;
        for (int dot = field.indexOf('.'); dot >= 0; dot = field.indexOf('.', start)) {
            Object next = inner.get(field.substring(start, dot));
            if (!(next instanceof Document)) {
                // Arrays and what is missing: rare, and slow by comparison.
                return Utils.getSubdocumentValueCollectionAware(document, field);
            }
            inner = (Document) next;
            start = dot + 1;
        }
        return inner.getOrMissing(field.substring(start));
    }

    /** An entry under one of the document's keys; beside it, where several may share a key, the types of its values. */
    void put(Batch batch, byte[] key, byte[] record, Document document) {
        if (unique) {
            batch.put(store.unique, key, record);
        } else {
            batch.put(store.ordered, join(key, record), typesOf(document));
        }
    }

    byte[] typesOf(Document document) {
        List<IndexKey> fields = getKeys();
        byte[] types = new byte[fields.size()];
        for (int i = 0; i < types.length; i++) {
            types[i] = KeyCodec.typeOf(valueOf(document, fields.get(i).getKey()));
        }
        return types;
    }

    /** Whether the entries hold these fields, so that {@link #document} can tell them. */
    boolean covers(Set<String> paths) {
        return !unique && !isIrregular() && paths.stream().allMatch(path -> !INTO_ARRAY.matcher(path).find()
            && getKeys().stream().anyMatch(key -> key.getKey().equals(path)));
    }

    /** The fields of this index in a document, from its entry; null where a type does not tell the value. */
    Document document(byte[] key, byte[] types) {
        Object[] values = values(key, types);
        if (values == null) {
            return null;
        }
        Document document = new Document();
        for (int i = 0; i < values.length; i++) {
            if (!(values[i] instanceof Missing)) {
                put(document, getKeys().get(i).getKey(), values[i]);
            }
        }
        return document;
    }

    /** The same as values, in the order of the fields. */
    Object[] values(byte[] key, byte[] types) {
        List<IndexKey> fields = getKeys();
        Object[] values = new Object[fields.size()];
        KeyCodec.Reader reader = new KeyCodec.Reader(key, prefix.length);
        for (int i = 0; i < values.length; i++) {
            if (i >= types.length || types[i] == 0) {
                return null; // No types: written before they were kept.
            }
            values[i] = reader.read(types[i], fields.get(i).isAscending());
        }
        return values;
    }

    /** Which of its fields a path is; -1 for none. */
    int placeOf(String path) {
        return getKeys().stream().map(IndexKey::getKey).collect(Collectors.toList()).indexOf(path);
    }

    private static void put(Document document, String path, Object value) {
        Document inner = document;
        int start = 0;
        for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', start)) {
            inner = (Document) inner.computeIfAbsent(path.substring(start, dot), name -> new Document());
            start = dot + 1;
        }
        inner.put(path.substring(start), value);
    }

    void delete(Batch batch, byte[] key, byte[] record) {
        if (unique) {
            batch.delete(store.unique, key);
        } else {
            batch.delete(store.ordered, join(key, record));
        }
    }

    private static byte[] join(byte[] key, byte[] record) {
        byte[] joined = Arrays.copyOf(key, key.length + record.length);
        System.arraycopy(record, 0, joined, key.length, record.length);
        return joined;
    }

    DuplicateKeyError duplicate(Document document, MongoCollection<?> collection) {
        List<Object> values = getKeys().stream()
            .map(field -> Missing.ofNullable(valueOf(document, field.getKey())))
            .map(value -> value instanceof Missing ? null : value)
            .collect(Collectors.toList());
        return new DuplicateKeyError(this, collection, getKeys(), new KeyValue(values));
    }

    /** The record with this document's key; null where the index is not unique or has none. */
    @Override
    public Long getPosition(Document document) {
        if (!unique) {
            return null;
        }
        for (byte[] key : keysOf(document)) {
            byte[] record = store.get(store.unique, key);
            if (record != null) {
                return KeyCodec.readLong(record, 0);
            }
        }
        return null;
    }

    @Override
    public void checkAdd(Document document, MongoCollection<Long> collection) {
        if (unique && getPosition(document) != null) {
            throw duplicate(document, collection);
        }
    }

    @Override
    public void checkUpdate(Document oldDocument, Document newDocument, MongoCollection<Long> collection) {
        if (!unique) {
            return;
        }
        Long own = getPosition(oldDocument);
        for (byte[] key : keysOf(newDocument)) {
            byte[] record = store.get(store.unique, key);
            if (record != null && (own == null || KeyCodec.readLong(record, 0) != own)) {
                throw duplicate(newDocument, collection);
            }
        }
    }

    @Override
    public void add(Document document, Long position, MongoCollection<Long> collection) {
        Batch batch = ((StoredCollection) collection).staged();
        for (byte[] key : keysOf(document)) {
            put(batch, key, StoredCollection.recordId(position), document);
        }
    }

    @Override
    public void updateInPlace(Document oldDocument, Document newDocument, Long position, MongoCollection<Long> collection) {
        byte[] record = StoredCollection.recordId(position);
        Batch batch = ((StoredCollection) collection).staged();
        for (byte[] key : keysOf(oldDocument)) {
            delete(batch, key, record);
        }
        for (byte[] key : keysOf(newDocument)) {
            put(batch, key, record, newDocument);
        }
    }

    /** Removes all its entries and its name. */
    @Override
    public void drop() {
        clear();
        catalog.remove(entry);
    }

    void clear() {
        store.deleteRange(unique ? store.unique : store.ordered, prefix, KeyCodec.after(prefix));
    }

    @Override
    public Long remove(Document document) {
        throw new MongoServerError(1, "InternalError", "documents are removed by their collection");
    }

    @Override
    public boolean canHandle(Document query) {
        return false; // Plan chooses.
    }

    @Override
    public Iterable<Long> getPositions(Document query) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long getCount() {
        return 0;
    }

    @Override
    public long getDataSize() {
        return 0;
    }
}
