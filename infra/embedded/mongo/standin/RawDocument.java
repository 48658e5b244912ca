package standin;

import java.util.Set;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;

/** A document to insert: its bytes, and decoded only where these do not do. */
final class RawDocument {
    private byte[] bytes;
    private int from;
    private int length;
    private Document decoded;

    /** As it came over the wire, in a message. */
    RawDocument(byte[] message, int from, int length) {
        bytes = message;
        this.from = from;
        this.length = length;
    }

    RawDocument(Document document) {
        decoded = document;
        encode(document);
    }

    private void encode(Document document) {
        bytes = DocumentCodec.encode(document);
        from = 0;
        length = bytes.length;
    }

    /** An array with the document in it. */
    byte[] bytes() {
        return bytes;
    }

    int from() {
        return from;
    }

    int length() {
        return length;
    }

    /** The document, with these fields at least; null for all. The same fields at every call. */
    Document with(Set<String> fields) {
        if (decoded == null) {
            decoded = DocumentCodec.decode(bytes, from, length, fields);
        }
        return decoded;
    }

    /** Gives it an _id, as its first field, if it has none. */
    void ensureId(String idField, Set<String> fields) {
        if (with(fields).containsKey(idField)) {
            return;
        }
        Document identified = new Document(idField, new ObjectId());
        identified.putAll(DocumentCodec.decode(bytes, from, length, null));
        decoded.put(idField, identified.get(idField)); // Whoever gave it looks there for it.
        encode(identified);
    }
}
