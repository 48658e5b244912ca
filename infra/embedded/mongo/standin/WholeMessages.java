package standin;

import java.io.IOException;

import de.bwaldvogel.mongo.wire.MongoWireProtocolHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Passes each message on whole, in an array of its own and of its length: a buffer that grows copies what has come again
 * and again, and documents can stay where they are until they are written.
 */
final class WholeMessages extends ChannelInboundHandlerAdapter {
    private static final int HEADER = 16;

    /** What has come of a message, at least its length; null between messages. */
    private ByteBuf message;

    @Override
    public void channelRead(ChannelHandlerContext context, Object read) throws IOException {
        ByteBuf in = (ByteBuf) read;
        try {
            while (in.isReadable()) {
                if (message == null) {
                    message = Unpooled.buffer(HEADER);
                }
                take(in, HEADER);
                if (message.readableBytes() < HEADER) {
                    return;
                }
                int length = message.getIntLE(0);
                if (length < HEADER || length > MongoWireProtocolHandler.MAX_MESSAGE_SIZE_BYTES) {
                    throw new IOException("a message cannot have " + length + " bytes");
                }
                message.capacity(length);
                take(in, length);
                if (message.readableBytes() == length) {
                    ByteBuf whole = message;
                    message = null;
                    context.fireChannelRead(whole);
                }
            }
        } finally {
            in.release();
        }
    }

    private void take(ByteBuf in, int upTo) {
        message.writeBytes(in, Math.min(in.readableBytes(), Math.max(0, upTo - message.readableBytes())));
    }
}
