package standin;

import java.util.Arrays;

/** Bytes one after the other, as many as come. */
final class Bytes {
    private byte[] array;
    private int length;

    /** @param expected about how many will come. */
    Bytes(int expected) {
        array = new byte[expected];
    }

    int length() {
        return length;
    }

    /** Valid up to {@link #length}, and until the next byte comes. */
    byte[] array() {
        return array;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(array, length);
    }

    void clear() {
        length = 0;
    }

    void write(int value) {
        if (length == array.length) {
            grow(1);
        }
        array[length++] = (byte) value;
    }

    void write(byte[] source) {
        write(source, 0, source.length);
    }

    void write(byte[] source, int from, int count) {
        if (count > array.length - length) {
            grow(count);
        }
        System.arraycopy(source, from, array, length, count);
        length += count;
    }

    /** Most significant byte first. */
    void writeInt(int value) {
        for (int shift = 24; shift >= 0; shift -= 8) {
            write(value >>> shift);
        }
    }

    /** Most significant byte first. */
    void writeLong(long value) {
        writeInt((int) (value >>> 32));
        writeInt((int) value);
    }

    /** Turns around the order of what stands from here on. */
    void invert(int from) {
        for (int i = from; i < length; i++) {
            array[i] = (byte) ~array[i];
        }
    }

    private void grow(int count) {
        array = Arrays.copyOf(array, Math.max(2 * array.length, length + count));
    }
}
