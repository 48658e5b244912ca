package standin;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import de.bwaldvogel.mongo.bson.Document;

/**
 * A {@code $group} by a whole number with sums of whole numbers, computed from the entries of an index. aggregation-check
 * counts every event so; the library takes many times as long, with a document for each entry and a look-up for each step.
 */
final class Grouping {
    /** A value of an entry, or what is computed of it; null where that is left to the library. */
    private interface Term {
        Object of(Object[] values);
    }

    private interface Operation {
        long apply(long a, long b);
    }

    private static final class Group {
        final Number key;
        final long[] sums;
        final boolean[] wide;

        Group(Number key, int fields) {
            this.key = key;
            sums = new long[fields];
            wide = new boolean[fields];
        }
    }

    private final Term key;
    private final List<String> fields;
    private final List<Term> terms;
    private final Map<Long, Group> groups = new TreeMap<>();

    private Grouping(Term key, Map<String, Term> sums) {
        this.key = key;
        fields = new ArrayList<>(sums.keySet());
        terms = new ArrayList<>(sums.values());
    }

    /** @return null if the stages are something else, or look at what is not in the index. */
    static Grouping of(List<Document> stages, FieldIndex index) {
        if (stages.size() != 1 || !(stages.get(0).get("$group") instanceof Document)) {
            return null;
        }
        Document group = (Document) stages.get(0).get("$group");
        Term key = term(group.get("_id"), index);
        Map<String, Term> sums = new LinkedHashMap<>();
        for (Map.Entry<String, Object> field : group.entrySet()) {
            if (!field.getKey().equals("_id")) {
                sums.put(field.getKey(), term(argument(field.getValue(), "$sum"), index));
            }
        }
        return key == null || sums.containsValue(null) ? null : new Grouping(key, sums);
    }

    private static Object argument(Object expression, String operator) {
        return expression instanceof Document && ((Document) expression).size() == 1 ? ((Document) expression).get(operator) : null;
    }

    private static Term term(Object expression, FieldIndex index) {
        if (expression == null) {
            return null;
        }
        if (isWhole(expression)) {
            return values -> expression;
        }
        if (expression instanceof String && ((String) expression).startsWith("$")) {
            int place = index.placeOf(((String) expression).substring(1));
            return place < 0 ? null : values -> values[place];
        }
        Term converted = term(argument(expression, "$toLong"), index);
        if (converted != null) {
            return values -> toLong(converted.of(values));
        }
        Term difference = operation(argument(expression, "$subtract"), index, Math::subtractExact);
        return difference != null ? difference : operation(argument(expression, "$mod"), index, (a, b) -> a % b);
    }

    private static Term operation(Object arguments, FieldIndex index, Operation operation) {
        if (!(arguments instanceof List) || ((List<?>) arguments).size() != 2) {
            return null;
        }
        Term first = term(((List<?>) arguments).get(0), index);
        Term second = term(((List<?>) arguments).get(1), index);
        if (first == null || second == null) {
            return null;
        }
        return values -> {
            Object a = first.of(values);
            Object b = second.of(values);
            if (!isWhole(a) || !isWhole(b)) {
                return null;
            }
            return number(operation.apply(((Number) a).longValue(), ((Number) b).longValue()), a instanceof Long || b instanceof Long);
        };
    }

    private static boolean isWhole(Object value) {
        return value instanceof Integer || value instanceof Long;
    }

    private static Long toLong(Object value) {
        if (value instanceof Instant) {
            return ((Instant) value).toEpochMilli();
        }
        return isWhole(value) ? ((Number) value).longValue() : null;
    }

    /** As narrow as MongoDB has it: a long once one was among what it comes from, or where an int is too small. */
    private static Number number(long value, boolean wide) {
        if (wide || value != (int) value) {
            return value;
        }
        return (int) value;
    }

    /** @return false if this entry, and with it all of them, is left to the library. */
    boolean add(Object[] values) {
        try {
            Object found = key.of(values);
            if (!isWhole(found)) {
                return false;
            }
            Group group = groups.computeIfAbsent(((Number) found).longValue(), any -> new Group((Number) found, terms.size()));
            for (int i = 0; i < group.sums.length; i++) {
                Object summand = terms.get(i).of(values);
                if (!isWhole(summand)) {
                    return false;
                }
                group.sums[i] = Math.addExact(group.sums[i], ((Number) summand).longValue());
                group.wide[i] |= summand instanceof Long;
            }
            return true;
        } catch (ArithmeticException e) {
            return false; // Too large, or a division by zero.
        }
    }

    List<Document> results() {
        List<Document> results = new ArrayList<>();
        for (Group group : groups.values()) {
            Document result = new Document("_id", group.key);
            for (int i = 0; i < group.sums.length; i++) {
                result.append(fields.get(i), number(group.sums[i], group.wide[i]));
            }
            results.add(result);
        }
        return results;
    }
}
