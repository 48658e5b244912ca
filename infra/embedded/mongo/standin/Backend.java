package standin;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;

final class Backend extends H2Backend {
    private static final Set<String> WRITES = Set.of("insert", "update", "delete", "findAndModify", "create",
        "createIndexes", "drop", "dropIndexes", "dropDatabase");

    Backend(Path folder) {
        super(folder.resolve("h2.mv").toString());
        getMvStore().setAutoCommitDelay(0);
        version(new MongoVersion() {
            @Override
            public List<Integer> getVersionArray() {
                return List.of(5, 0, 0, 0);
            }

            @Override
            public int getWireVersion() {
                return 13;
            }
        });
    }

    @Override
    public Document handleCommand(io.netty.channel.Channel channel, String database, String command, Document query) {
        if (command.equalsIgnoreCase("hello")) {
            Document answer = super.handleCommand(channel, database, "ismaster", query);
            answer.put("isWritablePrimary", true);
            return answer;
        }
        return super.handleCommand(channel, database, command, query);
    }

    @Override
    public Document handleMessage(MongoMessage message) {
        Document answer = super.handleMessage(message);
        if (WRITES.contains(message.getDocument().keySet().iterator().next())) {
            getMvStore().commit();
            getMvStore().sync();
        }
        return answer;
    }
}
