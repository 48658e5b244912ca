package standin;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;

import org.rocksdb.RocksIterator;

/** What collections and indexes there are, and the number that each has in the store. */
final class Catalog {
    private static final byte[] NEXT_ID = "next".getBytes(StandardCharsets.UTF_8);

    private final Store store;

    Catalog(Store store) {
        this.store = store;
    }

    /** Documents in a collection, and bytes of their BSON. */
    static final class Size {
        long documents;
        long bytes;
    }

    static final class IndexEntry {
        final String name;
        final int collection;
        final int id;
        /** All documents are in it: false from its creation until it is built. */
        boolean ready;
        volatile boolean irregular;

        private IndexEntry(String name, int collection, int id) {
            this.name = name;
            this.collection = collection;
            this.id = id;
        }

        private byte[] key() {
            return text("index " + collection + " " + name);
        }

        private byte[] value() {
            return ByteBuffer.allocate(6).putInt(id).put((byte) (ready ? 1 : 0)).put((byte) (irregular ? 1 : 0)).array();
        }
    }

    Set<String> databaseNames() {
        Set<String> names = new TreeSet<>();
        try (RocksIterator entries = store.iterate(store.catalog)) {
            for (entries.seek(text("collection ")); entries.isValid(); entries.next()) {
                String key = new String(entries.key(), StandardCharsets.UTF_8);
                if (!key.startsWith("collection ")) {
                    break;
                }
                names.add(key.substring("collection ".length(), key.indexOf('.')));
            }
        }
        return names;
    }

    /** The number of a collection, given to it at the first call. */
    synchronized int openCollection(String fullName) {
        byte[] key = text("collection " + fullName);
        byte[] found = store.get(store.catalog, key);
        if (found != null) {
            return ByteBuffer.wrap(found).getInt();
        }
        int id = nextId();
        put(key, ByteBuffer.allocate(4).putInt(id).array());
        return id;
    }

    void renameCollection(String oldName, String newName, int id) {
        Batch batch = new Batch(64);
        batch.delete(store.catalog, text("collection " + oldName));
        batch.put(store.catalog, text("collection " + newName), ByteBuffer.allocate(4).putInt(id).array());
        store.write(batch);
    }

    void removeCollection(String fullName, int id) {
        Batch batch = new Batch(64);
        batch.delete(store.catalog, text("collection " + fullName));
        batch.delete(store.catalog, sizeKey(id));
        store.write(batch);
    }

    /** An index as it was left, or null. */
    IndexEntry findIndex(int collection, String name) {
        byte[] found = store.get(store.catalog, new IndexEntry(name, collection, 0).key());
        if (found == null) {
            return null;
        }
        ByteBuffer value = ByteBuffer.wrap(found);
        IndexEntry entry = new IndexEntry(name, collection, value.getInt());
        entry.ready = value.get() != 0;
        entry.irregular = value.get() != 0;
        return entry;
    }

    synchronized IndexEntry createIndex(int collection, String name) {
        IndexEntry entry = new IndexEntry(name, collection, nextId());
        put(entry.key(), entry.value());
        return entry;
    }

    void markReady(IndexEntry entry) {
        entry.ready = true;
        put(entry.key(), entry.value());
    }

    /** Written before the first such key: an index that is wrongly taken for regular would hide documents. */
    void markIrregular(IndexEntry entry) {
        entry.irregular = true;
        put(entry.key(), entry.value());
    }

    void remove(IndexEntry entry) {
        Batch batch = new Batch(64);
        batch.delete(store.catalog, entry.key());
        store.write(batch);
    }

    Size readSize(int collection) {
        Size size = new Size();
        byte[] found = store.get(store.catalog, sizeKey(collection));
        if (found != null) {
            ByteBuffer value = ByteBuffer.wrap(found);
            size.documents = value.getLong();
            size.bytes = value.getLong();
        }
        return size;
    }

    void putSize(Batch batch, int collection, long documents, long bytes) {
        batch.put(store.catalog, sizeKey(collection), ByteBuffer.allocate(16).putLong(documents).putLong(bytes).array());
    }

    private static byte[] sizeKey(int collection) {
        return text("size " + collection);
    }

    private int nextId() {
        byte[] found = store.get(store.catalog, NEXT_ID);
        int id = found == null ? 1 : ByteBuffer.wrap(found).getInt();
        put(NEXT_ID, ByteBuffer.allocate(4).putInt(id + 1).array());
        return id;
    }

    private void put(byte[] key, byte[] value) {
        Batch batch = new Batch(64);
        batch.put(store.catalog, key, value);
        store.write(batch);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
