package standin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;

/**
 * Documents to insert: which of them can be stored, and the batch that stores those. Keys are made from the documents'
 * bytes; only a document with a value that is not plain in an index is decoded.
 */
final class Insertion {
    /** Where keys begin to differ: after the number of the index and the type of the first value. */
    private static final int DIFFERENT_FROM = Integer.BYTES + 1;

    /** About how long an index entry is. */
    private static final int ENTRY = 64;

    private final Store store;
    private final List<RawDocument> documents;
    private final String idField;
    private final FieldFinder finder;
    /** The first names of the fields that are needed of a decoded document. */
    private final Set<String> names = new HashSet<>();
    private final boolean[] plain;
    private final List<UniqueKeys> unique = new ArrayList<>();
    private final List<OrderedKeys> ordered = new ArrayList<>();
    /** The record id that a document was accepted with; 0 for none. */
    private final long[] records;
    private int count;
    private long bytes;

    /** @param idField the field that every document has, and is given if need be; null for none. */
    Insertion(Store store, List<FieldIndex> indexes, String idField, List<RawDocument> documents) {
        this.store = store;
        this.documents = documents;
        this.idField = idField;
        List<String> paths = new ArrayList<>();
        if (idField != null) {
            paths.add(idField);
        }
        for (FieldIndex index : indexes) {
            index.getKeys().stream().map(IndexKey::getKey).filter(path -> !paths.contains(path)).forEach(paths::add);
        }
        paths.forEach(path -> names.add(Fields.first(path)));
        finder = new FieldFinder(paths, documents.size());
        plain = new boolean[documents.size()];
        records = new long[documents.size()];
        for (int i = 0; i < plain.length; i++) {
            find(i);
        }
        for (FieldIndex index : indexes) {
            int[] fields = index.getKeys().stream().mapToInt(key -> paths.indexOf(key.getKey())).toArray();
            if (index.isUnique()) {
                unique.add(new UniqueKeys(index, fields));
            } else {
                ordered.add(new OrderedKeys(index, fields));
            }
        }
    }

    private void find(int i) {
        RawDocument document = documents.get(i);
        plain[i] = finder.find(i, document.bytes(), document.from());
        if (idField != null && !(plain[i] && finder.has(i, 0))) {
            document.ensureId(idField, names);
            plain[i] = finder.find(i, document.bytes(), document.from());
        }
    }

    /** A document as far as indexes need it. */
    Document document(int i) {
        return documents.get(i).with(names);
    }

    boolean hasArrayAsId(int i) {
        return idField != null && !plain[i] && document(i).get(idField) instanceof Collection;
    }

    /** The unique index in which a document has a key of another one; null for none. */
    FieldIndex conflict(int i) {
        return unique.stream().filter(keys -> keys.conflicts(i)).map(keys -> keys.index).findFirst().orElse(null);
    }

    /**
     * Decides that a document without conflict is stored.
     *
     * @throws MongoServerError if an index cannot take it.
     */
    void accept(int i, long record) {
        if (!plain[i]) {
            Document document = document(i);
            ordered.forEach(keys -> keys.decoded.put(i, keys.index.keysOf(document)));
        }
        unique.forEach(keys -> keys.take(i));
        records[i] = record;
        count++;
        bytes += documents.get(i).length();
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** How many documents were accepted. */
    int count() {
        return count;
    }

    /** Of their BSON. */
    long bytes() {
        return bytes;
    }

    /** What was accepted, index by index in about the order of the keys: their places are near each other then. */
    Batch batch(byte[] collectionPrefix) {
        Batch batch = new Batch((int) bytes + count * ENTRY * (1 + unique.size() + ordered.size()));
        for (int i = 0; i < records.length; i++) {
            if (records[i] != 0) {
                RawDocument document = documents.get(i);
                byte[] key = StoredCollection.documentKey(collectionPrefix, records[i]);
                batch.put(store.documents, key, 0, key.length, document.bytes(), document.from(), document.length());
            }
        }
        unique.forEach(keys -> keys.into(batch));
        ordered.forEach(keys -> keys.into(batch));
        return batch;
    }

    /** The keys in a unique index, in order, and which of them are taken. */
    private final class UniqueKeys {
        final FieldIndex index;
        private final List<byte[]> keys = new ArrayList<>(documents.size());
        /** Of document i: those from {@code starts[i]} to before {@code starts[i + 1]}. */
        private final int[] starts = new int[documents.size() + 1];
        private final int[] documentOf;
        private final Integer[] order;
        /** The first of all keys that are the same. */
        private final int[] first;
        private final boolean[] taken;

        UniqueKeys(FieldIndex index, int[] fields) {
            this.index = index;
            Bytes key = new Bytes(ENTRY);
            for (int i = 0; i < documents.size(); i++) {
                if (!plain[i]) {
                    keys.addAll(index.keysOf(document(i)));
                } else if (index.writeKey(finder, fields, i, documents.get(i).bytes(), key)) {
                    keys.add(key.toByteArray());
                }
                key.clear();
                starts[i + 1] = keys.size();
            }
            int count = keys.size();
            documentOf = new int[count];
            order = new Integer[count];
            first = new int[count];
            taken = new boolean[count];
            for (int i = 0; i < documents.size(); i++) {
                Arrays.fill(documentOf, starts[i], starts[i + 1], i);
            }
            Arrays.setAll(order, n -> n);
            Arrays.sort(order, (a, b) -> Arrays.compareUnsigned(keys.get(a), keys.get(b)));
            List<byte[]> stored = store.getAll(store.unique, Arrays.stream(order).map(keys::get).collect(Collectors.toList()));
            for (int n = 0; n < count; n++) {
                boolean same = n > 0 && Arrays.equals(keys.get(order[n]), keys.get(order[n - 1]));
                first[order[n]] = same ? first[order[n - 1]] : order[n];
                taken[first[order[n]]] = stored.get(n) != null;
            }
        }

        boolean conflicts(int i) {
            for (int n = starts[i]; n < starts[i + 1]; n++) {
                if (taken[first[n]]) {
                    return true;
                }
            }
            return false;
        }

        void take(int i) {
            for (int n = starts[i]; n < starts[i + 1]; n++) {
                taken[first[n]] = true;
            }
        }

        void into(Batch batch) {
            for (int n : order) {
                if (records[documentOf[n]] != 0) {
                    batch.put(store.unique, keys.get(n), StoredCollection.recordId(records[documentOf[n]]));
                }
            }
        }
    }

    /** The entries in an index in which many documents may have the same key. */
    private final class OrderedKeys {
        final FieldIndex index;
        final Map<Integer, List<byte[]>> decoded = new HashMap<>();
        private final int[] fields;
        /** Key, record id and types of one entry after the other. */
        private final Bytes entries = new Bytes(ENTRY * documents.size());
        private int[] ends = new int[documents.size()];
        private int count;

        OrderedKeys(FieldIndex index, int[] fields) {
            this.index = index;
            this.fields = fields;
        }

        void into(Batch batch) {
            for (int i = 0; i < records.length; i++) {
                if (records[i] != 0) {
                    write(i);
                }
            }
            byte[] array = entries.array();
            for (int n : order()) {
                int start = start(n);
                int types = ends[n] - fields.length;
                batch.put(store.ordered, array, start, types - start, array, types, fields.length);
            }
        }

        private void write(int i) {
            byte[] bson = documents.get(i).bytes();
            if (!plain[i]) {
                byte[] types = index.typesOf(document(i));
                for (byte[] key : decoded.get(i)) {
                    entries.write(key);
                    entries.writeLong(records[i]);
                    entries.write(types);
                    end();
                }
            } else if (index.writeKey(finder, fields, i, bson, entries)) {
                entries.writeLong(records[i]);
                for (int field : fields) {
                    entries.write(KeyCodec.typeOf(finder.type(i, field), bson, finder.position(i, field)));
                }
                end();
            }
        }

        private void end() {
            if (count == ends.length) {
                ends = Arrays.copyOf(ends, 2 * count);
            }
            ends[count++] = entries.length();
        }

        private int start(int n) {
            return n == 0 ? 0 : ends[n - 1];
        }

        /** By the first bytes that differ; what these do not tell apart comes as the documents do. */
        private int[] order() {
            int bits = Integer.SIZE - Integer.numberOfLeadingZeros(count);
            long numbers = (1L << bits) - 1;
            long[] sorted = new long[count];
            for (int n = 0; n < count; n++) {
                long first = KeyCodec.readLong(entries.array(), start(n) + DIFFERENT_FROM);
                sorted[n] = (first ^ Long.MIN_VALUE) & ~numbers | n;
            }
            Arrays.sort(sorted);
            return Arrays.stream(sorted).mapToInt(value -> (int) (value & numbers)).toArray();
        }
    }
}
