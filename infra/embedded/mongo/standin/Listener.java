package standin;

import java.util.concurrent.TimeUnit;

import de.bwaldvogel.mongo.wire.MongoDatabaseHandler;
import de.bwaldvogel.mongo.wire.MongoExceptionHandler;
import de.bwaldvogel.mongo.wire.MongoWireMessageEncoder;
import de.bwaldvogel.mongo.wire.MongoWireReplyEncoder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.UnorderedThreadPoolEventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;

/** The socket: MongoDB's wire protocol, each client's commands in order, clients side by side. */
final class Listener {
    private static final int COMMANDS_AT_ONCE = 16;

    private final EventLoopGroup sockets = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    // Commands wait for the disk; they must not hold up the reading of other sockets meanwhile.
    // A client sends its next command when it has the answer: whichever thread is free may take it.
    private final UnorderedThreadPoolEventExecutor commands = new UnorderedThreadPoolEventExecutor(COMMANDS_AT_ONCE);
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel server;

    Listener(Backend backend, String address, int port) {
        server = new ServerBootstrap()
            .group(sockets)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 128)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel client) {
                    client.pipeline()
                        .addLast(new HealthPage(backend::health))
                        .addLast(new MongoWireReplyEncoder())
                        .addLast(new MongoWireMessageEncoder())
                        .addLast(new WholeMessages())
                        .addLast(new InsertDecoder())
                        .addLast(commands, new MongoDatabaseHandler(backend, clients))
                        .addLast(new MongoExceptionHandler());
                }
            })
            .bind(address, port).syncUninterruptibly().channel();
    }

    /** Takes no more clients and commands, and waits a while for those that run; answers whether none runs any more. */
    boolean stop() {
        server.close().syncUninterruptibly();
        clients.close().awaitUninterruptibly(2000);
        sockets.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2000);
        return commands.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(6000);
    }
}
