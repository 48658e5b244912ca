package standin;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.BiPredicate;

import org.rocksdb.RocksIterator;

import de.bwaldvogel.mongo.bson.Document;

/**
 * Reads the documents that a plan leads to, in its order, a chunk at a time. Between chunks it holds nothing open, so
 * it may be left where it is; what is written meanwhile it sees or not.
 */
final class Scan implements Iterator<Row> {
    private static final int LARGEST_CHUNK = 512;

    private final Store store;
    private final byte[] collectionPrefix;
    private final Plan plan;
    private final Iterator<Plan.Range> ranges;
    /** Records already met, where one may stand under several keys. */
    private final Set<Long> met;
    /** Whether documents are made from the keys of the index, which then has all that is asked for. */
    private final boolean covered;
    private final Queue<Row> rows = new ArrayDeque<>();
    private Plan.Range range;
    private byte[] last;
    private int chunk;

    /** @param expected about how many documents will be asked for; 0 when unknown. */
    Scan(Store store, byte[] collectionPrefix, Plan plan, int expected, boolean covered) {
        this.store = store;
        this.collectionPrefix = collectionPrefix;
        this.plan = plan;
        this.covered = covered;
        ranges = plan.ranges.iterator();
        met = plan.index != null && (plan.index.isIrregular()) ? new HashSet<>() : null;
        chunk = expected > 0 ? Math.min(expected, LARGEST_CHUNK) : 64;
        nextRange();
    }

    @Override
    public boolean hasNext() {
        while (rows.isEmpty() && range != null) {
            List<byte[]> keys = new ArrayList<>();
            List<byte[]> values = new ArrayList<>();
            readChunk(keys, values);
            if (plan.index == null) {
                for (int i = 0; i < keys.size(); i++) {
                    rows.add(new Row(KeyCodec.readLong(keys.get(i), Integer.BYTES), values.get(i)));
                }
            } else if (!covered || !decode(keys, values)) {
                fetch(keys, values);
            }
        }
        return !rows.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new java.util.NoSuchElementException();
        }
        return rows.remove();
    }

    /** How many entries there are, without reading the documents. */
    long count() {
        long count = 0;
        List<byte[]> keys = new ArrayList<>();
        while (range != null) {
            keys.clear();
            readChunk(keys, null);
            count += keys.size();
        }
        return count;
    }

    /** Hands over every entry of the index, until one is refused. @return whether none was. */
    boolean forEachEntry(BiPredicate<byte[], byte[]> consumer) {
        List<byte[]> keys = new ArrayList<>();
        List<byte[]> values = new ArrayList<>();
        while (range != null) {
            keys.clear();
            values.clear();
            readChunk(keys, values);
            for (int i = 0; i < keys.size(); i++) {
                if (!consumer.test(keys.get(i), values.get(i))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** @return false if some key does not say all of its values: nothing is added then. */
    private boolean decode(List<byte[]> keys, List<byte[]> values) {
        List<Row> decoded = new ArrayList<>(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            Document document = plan.index.document(keys.get(i), values.get(i));
            if (document == null) {
                return false;
            }
            decoded.add(new Row(recordOf(keys.get(i)), document, keys.get(i).length));
        }
        rows.addAll(decoded);
        return true;
    }

    private static long recordOf(byte[] orderedKey) {
        return KeyCodec.readLong(orderedKey, orderedKey.length - Long.BYTES);
    }

    private void fetch(List<byte[]> keys, List<byte[]> values) {
        List<byte[]> documentKeys = new ArrayList<>(keys.size());
        List<Long> records = new ArrayList<>(keys.size());
        for (int i = 0; i < keys.size(); i++) {
            long record = plan.index.isUnique()
                ? KeyCodec.readLong(values.get(i), 0)
                : recordOf(keys.get(i));
            if (met == null || met.add(record)) {
                records.add(record);
                documentKeys.add(StoredCollection.documentKey(collectionPrefix, record));
            }
        }
        if (documentKeys.isEmpty()) {
            return;
        }
        List<byte[]> documents = store.getAll(store.documents, documentKeys);
        for (int i = 0; i < documents.size(); i++) {
            if (documents.get(i) != null) { // Removed since its key was read.
                rows.add(new Row(records.get(i), documents.get(i)));
            }
        }
    }

    private void readChunk(List<byte[]> keys, List<byte[]> values) {
        try (RocksIterator entries = store.iterate(plan.family(store))) {
            while (range != null && keys.size() < chunk) {
                if (range.isPoint()) {
                    byte[] value = store.get(plan.family(store), range.from);
                    if (value != null) {
                        keys.add(range.from);
                        if (values != null) {
                            values.add(value);
                        }
                    }
                    nextRange();
                    continue;
                }
                position(entries);
                while (entries.isValid() && keys.size() < chunk) {
                    byte[] key = entries.key();
                    if (plan.reverse ? Arrays.compareUnsigned(key, range.from) < 0 : isPastEnd(key)) {
                        break;
                    }
                    keys.add(key);
                    if (values != null) {
                        values.add(entries.value());
                    }
                    last = key;
                    step(entries);
                }
                if (keys.size() < chunk) {
                    nextRange();
                }
            }
        }
        chunk = Math.min(chunk * 2, LARGEST_CHUNK);
    }

    private void position(RocksIterator entries) {
        if (last != null) {
            if (plan.reverse) {
                entries.seekForPrev(last);
            } else {
                entries.seek(last);
            }
            if (entries.isValid() && Arrays.equals(entries.key(), last)) {
                step(entries);
            }
        } else if (!plan.reverse) {
            entries.seek(range.from);
        } else if (range.to == null) {
            entries.seekToLast();
        } else {
            entries.seekForPrev(range.to);
            if (entries.isValid() && Arrays.equals(entries.key(), range.to)) {
                entries.prev();
            }
        }
    }

    private void step(RocksIterator entries) {
        if (plan.reverse) {
            entries.prev();
        } else {
            entries.next();
        }
    }

    private boolean isPastEnd(byte[] key) {
        return range.to != null && Arrays.compareUnsigned(key, range.to) >= 0;
    }

    private void nextRange() {
        range = ranges.hasNext() ? ranges.next() : null;
        last = null;
    }
}
