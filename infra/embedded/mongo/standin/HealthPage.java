package standin;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;

/** Answers a plain HTTP GET on the same port: `curl localhost:27017`. All else is MongoDB's protocol. */
final class HealthPage extends ByteToMessageDecoder {
    private static final int GET = 'G' << 24 | 'E' << 16 | 'T' << 8 | ' ';

    private final Supplier<String> health;

    HealthPage(Supplier<String> health) {
        this.health = health;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < Integer.BYTES) {
            return;
        }
        if (in.getInt(in.readerIndex()) != GET) {
            context.pipeline().remove(this);
            return;
        }
        in.skipBytes(in.readableBytes());
        String body = health.get() + "\n";
        String answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
            + body.length() + "\r\n\r\n" + body;
        context.writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.UTF_8)).addListener(ChannelFutureListener.CLOSE);
    }
}
