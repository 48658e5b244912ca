package standin;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;

import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.bson.BinData;
import de.bwaldvogel.mongo.bson.BsonTimestamp;
import de.bwaldvogel.mongo.bson.MaxKey;
import de.bwaldvogel.mongo.bson.MinKey;
import de.bwaldvogel.mongo.bson.ObjectId;
import de.bwaldvogel.mongo.wire.BsonConstants;

/**
 * Values as bytes whose unsigned order is MongoDB's order of values: first a byte for the type, then the value.
 * No encoding is the beginning of another one, so several can stand one after the other.
 */
final class KeyCodec {
    private static final int MIN_KEY = 0x05;
    private static final int NULL = 0x10;
    private static final int NUMBER = 0x20;
    private static final int STRING = 0x30;
    private static final int OBJECT = 0x40;
    private static final int ARRAY = 0x48;
    private static final int BINARY = 0x50;
    private static final int OBJECT_ID = 0x60;
    private static final int BOOLEAN = 0x70;
    private static final int DATE = 0x80;
    private static final int TIMESTAMP = 0x88;
    private static final int OTHER = 0x90;
    private static final int MAX_KEY = 0xF0;

    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private KeyCodec() {
    }

    /** Whether the order and the equality of the encodings are exactly those of the values. */
    static boolean isExact(Object value) {
        return Missing.isNullOrMissing(value) || value instanceof String || value instanceof Instant
            || value instanceof Integer || value instanceof Long || value instanceof Double
            || value instanceof Boolean || value instanceof ObjectId;
    }

    /** The BSON type with which a value can be read from its encoding again; 0 where it cannot. */
    static byte typeOf(Object value) {
        if (value instanceof Missing) {
            return BsonConstants.TYPE_UNDEFINED;
        } else if (value == null) {
            return BsonConstants.TYPE_NULL;
        } else if (value instanceof Integer) {
            return BsonConstants.TYPE_INT32;
        } else if (value instanceof Long) {
            return BsonConstants.TYPE_INT64;
        } else if (value instanceof Double) {
            return value.equals(-0.0) ? 0 : BsonConstants.TYPE_DOUBLE;
        } else if (value instanceof String) {
            return BsonConstants.TYPE_UTF8_STRING;
        } else if (value instanceof Instant) {
            return BsonConstants.TYPE_UTC_DATETIME;
        } else if (value instanceof Boolean) {
            return BsonConstants.TYPE_BOOLEAN;
        } else {
            return value instanceof ObjectId ? BsonConstants.TYPE_OBJECT_ID : 0;
        }
    }

    /** Whether {@link #write(byte, byte[], int, boolean, Bytes)} understands values of a BSON type. */
    static boolean isPlain(byte type) {
        switch (type) {
            case BsonConstants.TYPE_NULL:
            case BsonConstants.TYPE_INT32:
            case BsonConstants.TYPE_INT64:
            case BsonConstants.TYPE_DOUBLE:
            case BsonConstants.TYPE_UTF8_STRING:
            case BsonConstants.TYPE_UTC_DATETIME:
            case BsonConstants.TYPE_BOOLEAN:
            case BsonConstants.TYPE_OBJECT_ID:
                return true;
            default:
                return false;
        }
    }

    /** Appends a value of a plain type from where it is in a document, the same bytes as it has as an object. */
    static void write(byte type, byte[] bson, int at, boolean ascending, Bytes out) {
        int start = out.length();
        switch (type) {
            case BsonConstants.TYPE_UNDEFINED:
            case BsonConstants.TYPE_NULL:
                out.write(NULL);
                break;
            case BsonConstants.TYPE_INT32:
                out.write(NUMBER);
                writeNumber((int) INT.get(bson, at), 0, out);
                break;
            case BsonConstants.TYPE_INT64:
                out.write(NUMBER);
                long whole = (long) LONG.get(bson, at);
                writeNumber(whole, remainder(whole), out);
                break;
            case BsonConstants.TYPE_DOUBLE:
                out.write(NUMBER);
                writeNumber(Double.longBitsToDouble((long) LONG.get(bson, at)), 0, out);
                break;
            case BsonConstants.TYPE_UTF8_STRING:
                out.write(STRING);
                writeText(bson, at + Integer.BYTES, (int) INT.get(bson, at) - 1, out);
                break;
            case BsonConstants.TYPE_UTC_DATETIME:
                out.write(DATE);
                out.writeLong((long) LONG.get(bson, at) ^ Long.MIN_VALUE);
                break;
            case BsonConstants.TYPE_BOOLEAN:
                out.write(BOOLEAN);
                out.write(bson[at]);
                break;
            case BsonConstants.TYPE_OBJECT_ID:
                out.write(OBJECT_ID);
                out.write(bson, at, 12);
                break;
            default:
                throw new IllegalArgumentException("BSON type " + type + " is not plain");
        }
        if (!ascending) {
            out.invert(start);
        }
    }

    /** The type as {@link #typeOf} tells it of the same value. */
    static byte typeOf(byte type, byte[] bson, int at) {
        boolean minusZero = type == BsonConstants.TYPE_DOUBLE && (long) LONG.get(bson, at) == Long.MIN_VALUE;
        return minusZero ? 0 : type;
    }

    private static void writeText(byte[] bson, int from, int count, Bytes out) {
        boolean asItIs = true;
        for (int i = from; i < from + count; i++) {
            asItIs &= bson[i] > 0;
        }
        if (asItIs) {
            out.write(bson, from, count);
            out.write(0);
            out.write(1);
        } else {
            // What is no UTF-8 is read as something else, and that is looked for.
            writeBytes(new String(bson, from, count, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8), out);
        }
    }

    /** Reads values of known types, one after the other. */
    static final class Reader {
        private final byte[] bytes;
        private int at;
        private int inverted;

        Reader(byte[] bytes, int from) {
            this.bytes = bytes;
            at = from;
        }

        /** @param type as {@link #typeOf} gave it. */
        Object read(byte type, boolean ascending) {
            inverted = ascending ? 0 : 0xFF;
            next(); // The place of the type in the order.
            switch (type) {
                case BsonConstants.TYPE_UNDEFINED:
                    return Missing.getInstance();
                case BsonConstants.TYPE_NULL:
                    return null;
                case BsonConstants.TYPE_INT32:
                    return (int) wholeNumber();
                case BsonConstants.TYPE_INT64:
                    return wholeNumber();
                case BsonConstants.TYPE_DOUBLE:
                    double number = number();
                    at += Short.BYTES; // Nothing is left of a double.
                    return number;
                case BsonConstants.TYPE_UTF8_STRING:
                    return string();
                case BsonConstants.TYPE_UTC_DATETIME:
                    return Instant.ofEpochMilli(eightBytes() ^ Long.MIN_VALUE);
                case BsonConstants.TYPE_BOOLEAN:
                    return next() == 1;
                case BsonConstants.TYPE_OBJECT_ID:
                    byte[] id = new byte[12];
                    for (int i = 0; i < id.length; i++) {
                        id[i] = (byte) next();
                    }
                    return new ObjectId(id);
                default:
                    throw new IllegalStateException("keys have no values of BSON type " + type);
            }
        }

        private int next() {
            return (bytes[at++] ^ inverted) & 0xFF;
        }

        private long eightBytes() {
            long value = 0;
            for (int i = 0; i < Long.BYTES; i++) {
                value = value << 8 | next();
            }
            return value;
        }

        /** As {@link KeyCodec#writeNumber} left it, without the remainder that follows. */
        private double number() {
            long ordered = eightBytes();
            return ordered == 0 ? Double.NaN : Double.longBitsToDouble(ordered < 0 ? ordered ^ Long.MIN_VALUE : ~ordered);
        }

        private long wholeNumber() {
            long rounded = (long) number();
            return rounded + (next() << 8 | next()) - 0x8000;
        }

        private String string() {
            Bytes text = new Bytes(32);
            for (int b = next(); ; b = next()) {
                if (b == 0 && next() == 1) {
                    return new String(text.array(), 0, text.length(), StandardCharsets.UTF_8);
                }
                text.write(b);
            }
        }
    }

    /** Appends a value; a descending one with all its bytes inverted. */
    static void write(Object value, boolean ascending, Bytes out) {
        int start = out.length();
        write(value, out);
        if (!ascending) {
            out.invert(start);
        }
    }

    private static void write(Object value, Bytes out) {
        if (Missing.isNullOrMissing(value)) {
            out.write(NULL);
        } else if (value instanceof Number) {
            out.write(NUMBER);
            writeNumber(((Number) value).doubleValue(), value instanceof Long ? remainder((Long) value) : 0, out);
        } else if (value instanceof String) {
            out.write(STRING);
            writeBytes(((String) value).getBytes(StandardCharsets.UTF_8), out);
        } else if (value instanceof Instant) {
            out.write(DATE);
            out.writeLong(((Instant) value).toEpochMilli() ^ Long.MIN_VALUE);
        } else if (value instanceof ObjectId) {
            out.write(OBJECT_ID);
            out.write(((ObjectId) value).toByteArray());
        } else if (value instanceof Boolean) {
            out.write(BOOLEAN);
            out.write((Boolean) value ? 1 : 0);
        } else if (value instanceof BsonTimestamp) {
            out.write(TIMESTAMP);
            out.writeLong(((BsonTimestamp) value).getValue());
        } else if (value instanceof UUID) {
            out.write(BINARY);
            out.writeLong(((UUID) value).getMostSignificantBits());
            out.writeLong(((UUID) value).getLeastSignificantBits());
        } else if (value instanceof BinData) {
            out.write(BINARY);
            writeBytes(((BinData) value).getData(), out);
        } else if (value instanceof MinKey) {
            out.write(MIN_KEY);
        } else if (value instanceof MaxKey) {
            out.write(MAX_KEY);
        } else if (value instanceof Map) {
            out.write(OBJECT);
            for (Map.Entry<?, ?> field : ((Map<?, ?>) value).entrySet()) {
                out.write(1);
                writeBytes(field.getKey().toString().getBytes(StandardCharsets.UTF_8), out);
                write(field.getValue(), out);
            }
            out.write(0);
        } else if (value instanceof Collection) {
            out.write(ARRAY);
            for (Object element : (Collection<?>) value) {
                out.write(1);
                write(element, out);
            }
            out.write(0);
        } else {
            out.write(OTHER);
            writeBytes((value.getClass().getName() + value).getBytes(StandardCharsets.UTF_8), out);
        }
    }

    private static int remainder(long whole) {
        return (int) (whole - (long) (double) whole);
    }

    /** As a double, and what a large whole number exceeds its double by: numbers of all types compare alike. */
    private static void writeNumber(double value, int remainder, Bytes out) {
        long bits = Double.doubleToLongBits(value == 0 ? 0.0 : value);
        // Not a number comes before all others.
        out.writeLong(Double.isNaN(value) ? 0 : bits < 0 ? ~bits : bits ^ Long.MIN_VALUE);
        int shifted = remainder + 0x8000;
        out.write(shifted >>> 8);
        out.write(shifted);
    }

    /** A zero byte is followed by FF, and the end is 00 01: a shorter text comes before one it begins. */
    private static void writeBytes(byte[] bytes, Bytes out) {
        for (byte b : bytes) {
            out.write(b);
            if (b == 0) {
                out.write(0xFF);
            }
        }
        out.write(0);
        out.write(1);
    }

    static long readLong(byte[] bytes, int offset) {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = value << 8 | bytes[offset + i] & 0xFF;
        }
        return value;
    }

    /** The first key after all that begin with {@code prefix}; null when there is none. */
    static byte[] after(byte[] prefix) {
        for (int last = prefix.length - 1; last >= 0; last--) {
            if (prefix[last] != (byte) 0xFF) {
                byte[] next = java.util.Arrays.copyOf(prefix, last + 1);
                next[last]++;
                return next;
            }
        }
        return null;
    }
}
