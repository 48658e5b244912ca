package standin;

import java.util.Set;

import de.bwaldvogel.mongo.bson.Document;

/** A document on its way through a query. */
final class Row {
    final long record;
    /** In bytes, as it is kept. */
    final int size;
    /** Null where an index told all that is asked for. */
    private final byte[] bson;
    private Document document;

    Row(long record, byte[] bson) {
        this.record = record;
        this.bson = bson;
        size = bson.length;
    }

    /** What an index entry of this size tells of a document. */
    Row(long record, Document document, int size) {
        this.record = record;
        this.document = document;
        this.size = size;
        bson = null;
    }

    /** @param fields the top-level fields that are needed; null for all. The same at every call. */
    Document document(Set<String> fields) {
        if (document == null) {
            document = DocumentCodec.decode(bson, fields);
        }
        return document;
    }

    /** Forgets what was decoded and can be decoded again: its objects are ten times as large as the bytes. */
    Row packed() {
        if (bson != null) {
            document = null;
        }
        return this;
    }
}
