package standin;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.wire.BsonConstants;

/** Where some fields are in the bytes of documents, so that nothing of these need be decoded. */
final class FieldFinder {
    private final Level root = new Level();
    private final int fields;
    private final byte[] types;
    private final int[] positions;

    /** Names on one level of a document: fields that are looked for, or the way to such. */
    private static final class Level {
        final List<byte[]> names = new ArrayList<>();
        /** The field's number; -1 for none. */
        final List<Integer> field = new ArrayList<>();
        final List<Level> inner = new ArrayList<>();

        int find(byte[] name) {
            return find(name, 0, name.length);
        }

        int find(byte[] bytes, int from, int to) {
            for (int i = 0; i < names.size(); i++) {
                byte[] name = names.get(i);
                if (name.length == to - from && Arrays.equals(name, 0, name.length, bytes, from, to)) {
                    return i;
                }
            }
            return -1;
        }

        int findOrAdd(byte[] name) {
            int found = find(name);
            if (found >= 0) {
                return found;
            }
            names.add(name);
            field.add(-1);
            inner.add(null);
            return names.size() - 1;
        }
    }

    /** @param paths of the fields; numbered as they stand there. */
    FieldFinder(List<String> paths, int documents) {
        fields = paths.size();
        types = new byte[fields * documents];
        positions = new int[fields * documents];
        for (int i = 0; i < fields; i++) {
            Level level = root;
            String[] names = paths.get(i).split("\\.", -1);
            for (int n = 0; n < names.length - 1; n++) {
                int at = level.findOrAdd(names[n].getBytes(StandardCharsets.UTF_8));
                if (level.inner.get(at) == null) {
                    level.inner.set(at, new Level());
                }
                level = level.inner.get(at);
            }
            level.field.set(level.findOrAdd(names[names.length - 1].getBytes(StandardCharsets.UTF_8)), i);
        }
    }

    /** The BSON type of a field; that of "undefined" where it is missing. */
    byte type(int document, int field) {
        return types[document * fields + field];
    }

    boolean has(int document, int field) {
        return type(document, field) != BsonConstants.TYPE_UNDEFINED;
    }

    int position(int document, int field) {
        return positions[document * fields + field];
    }

    /** @return false if some field is not plain, or on its way there is an array: the document has to be decoded. */
    boolean find(int document, byte[] bytes, int from) {
        return find(document, root, bytes, from, (int) KeyCodec.INT.get(bytes, from));
    }

    private boolean find(int document, Level level, byte[] bytes, int from, int length) {
        forget(document, level);
        int end = from + length - 1;
        for (int at = from + Integer.BYTES; at < end;) {
            byte type = bytes[at++];
            int name = at;
            while (bytes[at] != 0) {
                at++;
            }
            int wanted = at == name ? -1 : level.find(bytes, name, at);
            at++;
            int size = sizeOf(type, bytes, at);
            if (size < 0) {
                return false;
            }
            if (size > end - at) {
                throw new MongoServerError(22, "InvalidBSON", "a value ends after its document");
            }
            if (wanted >= 0 && !take(document, level, wanted, type, bytes, at)) {
                return false;
            }
            at += size;
        }
        return true;
    }

    /** A name that comes again stands for all that it did before. */
    private void forget(int document, Level level) {
        for (int i = 0; i < level.names.size(); i++) {
            if (level.field.get(i) >= 0) {
                types[document * fields + level.field.get(i)] = BsonConstants.TYPE_UNDEFINED;
            }
            if (level.inner.get(i) != null) {
                forget(document, level.inner.get(i));
            }
        }
    }

    private boolean take(int document, Level level, int wanted, byte type, byte[] bytes, int at) {
        int field = level.field.get(wanted);
        if (field >= 0) {
            if (!KeyCodec.isPlain(type)) {
                return false;
            }
            types[document * fields + field] = type;
            positions[document * fields + field] = at;
        }
        Level inner = level.inner.get(wanted);
        return inner == null
            || type == BsonConstants.TYPE_EMBEDDED_DOCUMENT && find(document, inner, bytes, at, (int) KeyCodec.INT.get(bytes, at));
    }

    /** @return less than zero for types that hardly anyone uses, or a length that cannot be. */
    private static int sizeOf(byte type, byte[] bytes, int at) {
        switch (type) {
            case BsonConstants.TYPE_UTF8_STRING:
                return Integer.BYTES + (int) KeyCodec.INT.get(bytes, at);
            case BsonConstants.TYPE_EMBEDDED_DOCUMENT:
            case BsonConstants.TYPE_ARRAY:
                return (int) KeyCodec.INT.get(bytes, at);
            case BsonConstants.TYPE_DATA:
                return Integer.BYTES + 1 + (int) KeyCodec.INT.get(bytes, at);
            case BsonConstants.TYPE_DOUBLE:
            case BsonConstants.TYPE_INT64:
            case BsonConstants.TYPE_UTC_DATETIME:
            case BsonConstants.TYPE_TIMESTAMP:
                return Long.BYTES;
            case BsonConstants.TYPE_INT32:
                return Integer.BYTES;
            case BsonConstants.TYPE_BOOLEAN:
                return 1;
            case BsonConstants.TYPE_OBJECT_ID:
                return 12;
            case BsonConstants.TYPE_NULL:
                return 0;
            default:
                return -1;
        }
    }
}
