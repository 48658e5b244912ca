package standin;

import java.util.Set;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.BsonConstants;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Documents as BSON. */
final class DocumentCodec {
    private DocumentCodec() {
    }

    static byte[] encode(Document document) {
        ByteBuf buffer = Unpooled.buffer(512);
        BsonEncoder.encodeDocument(document, buffer);
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        return bytes;
    }

    /** @param fields the top-level fields that are needed; null for all of them. */
    static Document decode(byte[] bytes, Set<String> fields) {
        return decode(bytes, 0, bytes.length, fields);
    }

    /** A document somewhere in an array. */
    static Document decode(byte[] bytes, int from, int length, Set<String> fields) {
        ByteBuf buffer = Unpooled.wrappedBuffer(bytes, from, length);
        if (fields == null) {
            return BsonDecoder.decodeBson(buffer);
        }
        buffer.skipBytes(Integer.BYTES);
        Document document = new Document();
        for (byte type = buffer.readByte(); type != BsonConstants.TERMINATING_BYTE; type = buffer.readByte()) {
            String name = BsonDecoder.decodeCString(buffer);
            if (fields.contains(name)) {
                document.put(name, BsonDecoder.decodeValue(type, buffer));
            } else {
                skip(type, buffer);
            }
        }
        return document;
    }

    private static void skip(byte type, ByteBuf buffer) {
        switch (type) {
            case BsonConstants.TYPE_UTF8_STRING:
            case BsonConstants.TYPE_JAVASCRIPT_CODE:
                buffer.skipBytes(buffer.readIntLE());
                break;
            case BsonConstants.TYPE_EMBEDDED_DOCUMENT:
            case BsonConstants.TYPE_ARRAY:
                buffer.skipBytes(buffer.readIntLE() - Integer.BYTES);
                break;
            case BsonConstants.TYPE_DATA:
                buffer.skipBytes(buffer.readIntLE() + 1);
                break;
            case BsonConstants.TYPE_DOUBLE:
            case BsonConstants.TYPE_INT64:
            case BsonConstants.TYPE_UTC_DATETIME:
            case BsonConstants.TYPE_TIMESTAMP:
                buffer.skipBytes(Long.BYTES);
                break;
            case BsonConstants.TYPE_INT32:
                buffer.skipBytes(Integer.BYTES);
                break;
            case BsonConstants.TYPE_BOOLEAN:
                buffer.skipBytes(1);
                break;
            default:
                BsonDecoder.decodeValue(type, buffer);
        }
    }
}
