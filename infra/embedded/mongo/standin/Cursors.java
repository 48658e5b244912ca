package standin;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import de.bwaldvogel.mongo.backend.AbstractCursor;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Utils;
import de.bwaldvogel.mongo.bson.Document;

/** Results that are read as they are fetched, however many there are. */
final class Cursors {
    static final int FIRST_BATCH = 101;
    private static final int MOST_DOCUMENTS = 4096;
    private static final long MOST_BYTES = 4 << 20;
    private static final long IDLE_NANOS = 600_000_000_000L;

    private final CursorRegistry registry;
    private final Map<Long, LazyCursor<?>> open = new ConcurrentHashMap<>();

    Cursors(CursorRegistry registry) {
        this.registry = registry;
    }

    CursorRegistry registry() {
        return registry;
    }

    /** The answer with the first results; the cursor in it is 0 when there are no more. */
    <T> Document open(String namespace, int batchSize, boolean single, Iterator<T> results, Function<List<T>, List<Document>> form) {
        LazyCursor<T> cursor = new LazyCursor<>(registry.generateCursorId(), results, form);
        List<Document> first = batchSize == 0 ? List.of() : cursor.takeDocuments(batchSize);
        boolean more = !single && !cursor.isEmpty();
        if (more) {
            registry.add(cursor);
            open.put(cursor.getId(), cursor);
        }
        Document answer = new Document("cursor",
            new Document("id", more ? cursor.getId() : 0L).append("ns", namespace).append("firstBatch", first));
        Utils.markOkay(answer);
        return answer;
    }

    /** Forgets those that nobody has asked for ten minutes, or that are closed. */
    void expire() {
        open.values().removeIf(cursor -> {
            boolean idle = System.nanoTime() - cursor.lastUsed > IDLE_NANOS;
            return idle ? registry.remove(cursor) || true : cursor.ended;
        });
    }

    private static final class LazyCursor<T> extends AbstractCursor {
        private final Iterator<T> results;
        private final Function<List<T>, List<Document>> form;
        private volatile long lastUsed = System.nanoTime();
        private volatile boolean ended;

        LazyCursor(long id, Iterator<T> results, Function<List<T>, List<Document>> form) {
            super(id);
            this.results = results;
            this.form = form;
        }

        @Override
        public synchronized boolean isEmpty() {
            ended = !results.hasNext();
            return ended;
        }

        @Override
        public synchronized List<Document> takeDocuments(int wanted) {
            lastUsed = System.nanoTime();
            int most = wanted > 0 ? Math.min(wanted, MOST_DOCUMENTS) : MOST_DOCUMENTS;
            List<T> taken = new ArrayList<>();
            for (long bytes = 0; taken.size() < most && bytes < MOST_BYTES && results.hasNext();) {
                T next = results.next();
                bytes += next instanceof Row ? ((Row) next).size : 0;
                taken.add(next);
            }
            return form.apply(taken);
        }
    }
}
