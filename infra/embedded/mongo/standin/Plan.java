package standin;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.Missing;
import de.bwaldvogel.mongo.bson.Document;

/** How a query is answered: through which index, from where to where, and in what order the documents then come. */
final class Plan {
    /** Keys from {@code from} to before {@code to}; to the end of the store if that is null. */
    static final class Range {
        final byte[] from;
        final byte[] to;
        private final boolean point;

        Range(byte[] from, byte[] to, boolean point) {
            this.from = from;
            this.to = to;
            this.point = point;
        }

        /** One key, not a stretch of them. */
        boolean isPoint() {
            return point;
        }
    }

    /** Null: all documents, in the order of their insertion. */
    final FieldIndex index;
    final List<Range> ranges;
    final boolean reverse;
    /** How many fields of the order asked for are met by the order of the keys, those with one value included. */
    final int sortedBy;
    /** Whether each key in the ranges belongs to a document that the query wants: they can be counted unread. */
    final boolean exact;
    private final double merit;

    private Plan(FieldIndex index, List<Range> ranges, boolean reverse, int sortedBy, boolean exact, double merit) {
        this.index = index;
        this.ranges = ranges;
        this.reverse = reverse;
        this.sortedBy = sortedBy;
        this.exact = exact;
        this.merit = merit;
    }

    /** @param orderBy field to 1 or -1; empty for none. */
    static Plan choose(List<FieldIndex> indexes, byte[] collectionPrefix, Document query, Map<String, Integer> orderBy, boolean backwards) {
        Conditions conditions = Conditions.of(query);
        return indexes.stream()
            .map(index -> through(index, conditions, orderBy))
            .filter(plan -> plan != null)
            .max(Comparator.comparingDouble(plan -> plan.merit))
            .orElseGet(() -> new Plan(null,
                List.of(new Range(collectionPrefix, KeyCodec.after(collectionPrefix), false)),
                backwards, 0, query.isEmpty(), 0));
    }

    private static Plan through(FieldIndex index, Conditions conditions, Map<String, Integer> orderBy) {
        List<IndexKey> keys = index.getKeys();
        boolean regular = !index.isIrregular();
        Bytes prefix = new Bytes(64);
        prefix.write(index.prefix());
        Set<String> used = new HashSet<>();
        Set<String> single = new HashSet<>();
        boolean excludesMissing = false;
        int next = 0;
        for (; next < keys.size(); next++) {
            Conditions.Field field = conditions.of(keys.get(next).getKey());
            if (field == null || !field.isEquality() || field.isRange()) {
                break;
            }
            KeyCodec.write(Missing.ofNullable(field.oneOf.iterator().next()), keys.get(next).isAscending(), prefix);
            excludesMissing |= !field.admitsMissing();
            used.add(keys.get(next).getKey());
            single.add(keys.get(next).getKey());
        }
        double merit = 4 * next;
        List<Range> ranges = new ArrayList<>();
        byte[] start = prefix.toByteArray();
        Conditions.Field field = next < keys.size() ? conditions.of(keys.get(next).getKey()) : null;
        boolean several = field != null && field.oneOf != null && !field.isRange();
        boolean stretch = field != null && field.oneOf == null && field.isRange() && regular;
        if (several) {
            // In the order of the keys, each value once.
            Map<java.nio.ByteBuffer, Range> byKey = new java.util.TreeMap<>((a, b) -> java.util.Arrays.compareUnsigned(a.array(), b.array()));
            boolean whole = index.isUnique() && next + 1 == keys.size();
            for (Object value : field.oneOf) {
                byte[] from = with(start, Missing.ofNullable(value), keys.get(next).isAscending());
                byKey.put(java.nio.ByteBuffer.wrap(from), new Range(from, KeyCodec.after(from), whole));
            }
            ranges.addAll(byKey.values());
        } else if (stretch) {
            ranges.add(stretch(start, field, keys.get(next).isAscending()));
        } else {
            ranges.add(new Range(start, KeyCodec.after(start), index.isUnique() && next == keys.size()));
        }
        if (several || stretch) {
            excludesMissing |= !field.admitsMissing();
            used.add(keys.get(next).getKey());
            merit += several ? 3 : 2;
        }
        if (index.leavesOutMissing() && !excludesMissing) {
            return null;
        }
        Map<String, Integer> left = new LinkedHashMap<>(orderBy);
        left.keySet().removeAll(single);
        int sorted = 0;
        int direction = 0;
        if (regular && !several) {
            int at = next;
            for (Map.Entry<String, Integer> wanted : left.entrySet()) {
                if (at >= keys.size() || !keys.get(at).getKey().equals(wanted.getKey())) {
                    break;
                }
                int needed = keys.get(at).isAscending() == wanted.getValue() > 0 ? 1 : -1;
                if (direction != 0 && needed != direction) {
                    break;
                }
                direction = needed;
                sorted++;
                at++;
            }
        }
        if (!left.isEmpty() && sorted > 0) {
            merit += sorted == left.size() ? 1.5 : 1;
        }
        if (merit == 0) {
            return null;
        }
        // What has one value in all documents is sorted by already.
        int sortedBy = sorted == 0 && !left.isEmpty() ? 0 : sorted + orderBy.size() - left.size();
        if (sorted > 0 && sorted < left.size() && left.size() < orderBy.size()) {
            sortedBy = 0; // Which fields are met is then no prefix of the order: sort anew.
        }
        boolean exact = regular && conditions.areAllOf(used);
        return new Plan(index, ranges, direction < 0, sortedBy, exact, merit);
    }

    /** A range keeps to values of the type of its bounds, as MongoDB's comparisons do. */
    private static Range stretch(byte[] start, Conditions.Field field, boolean ascending) {
        Conditions.Bound first = ascending ? field.low : field.high;
        Conditions.Bound last = ascending ? field.high : field.low;
        byte[] sameType = with(start, (first != null ? first : last).value, ascending);
        sameType = java.util.Arrays.copyOf(sameType, start.length + 1);
        byte[] from = sameType;
        if (first != null) {
            byte[] key = with(start, first.value, ascending);
            from = first.inclusive ? key : KeyCodec.after(key);
        }
        byte[] to = KeyCodec.after(sameType);
        if (last != null) {
            byte[] key = with(start, last.value, ascending);
            to = last.inclusive ? KeyCodec.after(key) : key;
        }
        return new Range(from, to, false);
    }

    private static byte[] with(byte[] start, Object value, boolean ascending) {
        Bytes out = new Bytes(start.length + 32);
        out.write(start);
        KeyCodec.write(value, ascending, out);
        return out.toByteArray();
    }

    Store.Family family(Store store) {
        return index == null ? store.documents : index.isUnique() ? store.unique : store.ordered;
    }

    /** As `explain` shows it. */
    Document describe() {
        if (index == null) {
            return new Document("stage", "COLLSCAN").append("direction", reverse ? "backward" : "forward");
        }
        Document keys = new Document();
        for (IndexKey key : index.getKeys()) {
            keys.put(key.getKey(), key.isAscending() ? 1 : -1);
        }
        return new Document("stage", "FETCH").append("inputStage", new Document("stage", "IXSCAN")
            .append("keyPattern", keys)
            .append("indexName", index.getName())
            .append("direction", reverse ? "backward" : "forward"));
    }
}
