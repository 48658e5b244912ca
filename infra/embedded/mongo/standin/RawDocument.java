package standin;

import java.util.Set;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.bson.ObjectId;

/** A document to insert: its bytes, and decoded only what indexes ask for. */
final class RawDocument {
    private byte[] bson;
    private Document decoded;

    /** As it came over the wire. */
    RawDocument(byte[] bson) {
        this.bson = bson;
    }

    RawDocument(Document document) {
        decoded = document;
    }

    byte[] bson() {
        if (bson == null) {
            bson = DocumentCodec.encode(decoded);
        }
        return bson;
    }

    /** The document, with these fields at least. The same fields at every call. */
    Document with(Set<String> fields) {
        if (decoded == null) {
            decoded = DocumentCodec.decode(bson, fields);
        }
        return decoded;
    }

    /** Gives it an _id, as its first field, if it has none. */
    void ensureId(String idField, Set<String> fields) {
        if (idField == null || with(fields).containsKey(idField)) {
            return;
        }
        Document all = bson == null ? decoded : DocumentCodec.decode(bson, null);
        Document identified = new Document(idField, new ObjectId());
        identified.putAll(all);
        if (bson == null) {
            decoded.put(idField, identified.get(idField)); // Whoever gave it looks there for it.
        } else {
            decoded = identified;
            bson = DocumentCodec.encode(identified);
        }
    }
}
