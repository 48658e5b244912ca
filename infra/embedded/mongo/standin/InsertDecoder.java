package standin;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.MongoWireProtocolHandler;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.message.ClientRequest;
import de.bwaldvogel.mongo.wire.message.MessageHeader;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * Leaves the documents of an insert as the bytes that they come as and are stored as: taking them apart and putting
 * them together again was most of the work. Everything else is the library's. Messages come whole.
 */
final class InsertDecoder extends MongoWireProtocolHandler {
    private static final int HEADER = 16;
    private static final int OP_MSG = 2013;
    private static final int SHORTEST_DOCUMENT = 5;
    private static final int BODY = 0;
    private static final int SEQUENCE = 1;
    /** Flags, kind of the first section, length of its document, type string, name. */
    private static final byte[] INSERT = "\2insert\0".getBytes(StandardCharsets.US_ASCII);
    private static final int NAME_AT = HEADER + Integer.BYTES + 1 + Integer.BYTES;

    @Override
    protected ClientRequest decode(ChannelHandlerContext context, ByteBuf buffer) throws Exception {
        int start = buffer.readerIndex();
        if (buffer.readableBytes() < NAME_AT + INSERT.length || !isInsert(buffer, start)) {
            return super.decode(context, buffer);
        }
        int length = buffer.getIntLE(start);
        ByteBuf message = buffer.readSlice(length);
        MessageHeader header = new MessageHeader(length, message.getIntLE(4), message.getIntLE(8));
        message.skipBytes(HEADER + Integer.BYTES);
        Document body = null;
        List<RawDocument> documents = new ArrayList<>();
        while (message.isReadable()) {
            int kind = message.readByte();
            if (kind == BODY) {
                body = BsonDecoder.decodeBson(message);
            } else if (kind == SEQUENCE) {
                readSequence(message.readSlice(message.getIntLE(message.readerIndex())), documents);
            } else {
                throw new java.io.IOException("unknown section of kind " + kind);
            }
        }
        if (!documents.isEmpty()) {
            body.put("documents", documents);
        }
        return new MongoMessage(context.channel(), header, body);
    }

    private static boolean isInsert(ByteBuf buffer, int start) {
        boolean plain = buffer.getIntLE(start + 12) == OP_MSG && buffer.getIntLE(start + HEADER) == 0
            && buffer.getByte(start + HEADER + Integer.BYTES) == BODY;
        for (int i = 0; plain && i < INSERT.length; i++) {
            plain = buffer.getByte(start + NAME_AT + i) == INSERT[i];
        }
        return plain;
    }

    private static void readSequence(ByteBuf section, List<RawDocument> documents) throws java.io.IOException {
        section.skipBytes(Integer.BYTES);
        BsonDecoder.decodeCString(section);
        while (section.isReadable()) {
            int length = section.getIntLE(section.readerIndex());
            if (length < SHORTEST_DOCUMENT || length > section.readableBytes()) {
                throw new java.io.IOException("a document cannot have " + length + " bytes");
            }
            documents.add(new RawDocument(section.array(), section.arrayOffset() + section.readerIndex(), length));
            section.skipBytes(length);
        }
    }
}
