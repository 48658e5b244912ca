package standin;

import java.util.Set;

import de.bwaldvogel.mongo.bson.Document;

/** A stored document on its way through a query. */
final class Row {
    final long record;
    final byte[] bson;
    private Document document;

    Row(long record, byte[] bson) {
        this.record = record;
        this.bson = bson;
    }

    /** @param fields the top-level fields that are needed; null for all. The same at every call. */
    Document document(Set<String> fields) {
        if (document == null) {
            document = DocumentCodec.decode(bson, fields);
        }
        return document;
    }

    /** Forgets what was decoded: its objects are ten times as large as the bytes. */
    Row packed() {
        document = null;
        return this;
    }
}
