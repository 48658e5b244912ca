package standin;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.rocksdb.WriteBatch;

/**
 * Changes that are written together, in the form in which RocksDB keeps a batch in its log (write_batch.cc): a sequence
 * number, how many they are, and each with its kind and column family. Made here, since a call into the library for
 * each change costs more than the change. RocksDB checks the form as it writes.
 */
final class Batch {
    private static final int DELETION = 4;
    private static final int VALUE = 5;
    private static final int HEADER = Long.BYTES + Integer.BYTES;

    private final Bytes bytes;
    private int changes;

    /** @param expected about how many bytes its keys and values have. */
    Batch(int expected) {
        bytes = new Bytes(HEADER + expected);
        bytes.write(new byte[HEADER]);
    }

    void put(Store.Family family, byte[] key, byte[] value) {
        put(family, key, 0, key.length, value, 0, value.length);
    }

    void put(Store.Family family, byte[] key, int keyFrom, int keyLength, byte[] value, int valueFrom, int valueLength) {
        changes++;
        bytes.write(VALUE);
        writeVarint(family.id);
        writeVarint(keyLength);
        bytes.write(key, keyFrom, keyLength);
        writeVarint(valueLength);
        bytes.write(value, valueFrom, valueLength);
    }

    void delete(Store.Family family, byte[] key) {
        changes++;
        bytes.write(DELETION);
        writeVarint(family.id);
        writeVarint(key.length);
        bytes.write(key);
    }

    private void writeVarint(int value) {
        int left = value;
        for (; left >= 0x80; left >>>= 7) {
            bytes.write(left | 0x80);
        }
        bytes.write(left);
    }

    WriteBatch toWriteBatch() {
        byte[] whole = bytes.toByteArray();
        ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).putInt(Long.BYTES, changes);
        return new WriteBatch(whole);
    }
}
