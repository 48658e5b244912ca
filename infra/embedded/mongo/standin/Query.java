package standin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;

/** What is asked for: which documents, in what order, which of those, and which of their fields. */
final class Query {
    private static final long MOST_BYTES_SORTED = 64 << 20;

    final Document filter;
    final Map<String, Integer> orderBy = new LinkedHashMap<>();
    final int skip;
    /** 0 for all. */
    final int limit;
    /** Of all fields that are looked at; null for all fields. */
    private final Set<String> paths;
    private final Set<String> fields;
    private Integer natural;

    /** All documents of a collection. */
    static Query all() {
        return new Query(new Document(), null, 0, 0, (Set<String>) null);
    }

    Query(Document filter, Document orderBy, int skip, int limit, Document projection) {
        this(filter, orderBy, skip, limit, Fields.shownBy(projection));
    }

    /** @param shown the paths that are looked at afterwards; null for all. */
    Query(Document filter, Document orderBy, int skip, int limit, Set<String> shown) {
        this.filter = filter == null ? new Document() : filter;
        this.skip = skip;
        this.limit = limit;
        if (orderBy != null) {
            orderBy.forEach((field, direction) -> {
                if (!(direction instanceof Number)) {
                    throw new MongoServerError(15974, "Illegal key in $sort specification: " + field + ": " + direction);
                }
                if (field.equals("$natural")) {
                    natural = ((Number) direction).intValue();
                } else {
                    this.orderBy.put(field, ((Number) direction).intValue() < 0 ? -1 : 1);
                }
            });
        }
        paths = shown == null ? null : needed(shown);
        fields = paths == null ? null : paths.stream().map(Fields::first).collect(Collectors.toSet());
    }

    private Set<String> needed(Set<String> shown) {
        Set<String> needed = new HashSet<>(shown);
        needed.addAll(orderBy.keySet());
        return Fields.addFilter(filter, needed) ? needed : null;
    }

    /** The top-level fields that have to be read; null for all. */
    Set<String> fields() {
        return fields;
    }

    /** Whether a plan's index has all that is looked at, in the order asked for, so that no document need be read. */
    boolean isCoveredBy(Plan plan) {
        return paths != null && plan.index != null && plan.sortedBy == orderBy.size() && plan.index.covers(paths);
    }

    boolean isNatural() {
        return natural != null;
    }

    boolean isBackwards() {
        return natural != null && natural < 0;
    }

    int expected() {
        return limit == 0 ? 0 : skip + limit;
    }

    /** Brings rows that come as the plan says into the order asked for, and takes those asked for. */
    Iterator<Row> sorted(Plan plan, Iterator<Row> rows) {
        Iterator<Row> sorted = rows;
        if (plan.sortedBy < orderBy.size()) {
            sorted = plan.sortedBy == 0 ? sort(rows) : sortWithinEqual(plan.sortedBy, rows);
        }
        for (int skipped = 0; skipped < skip && sorted.hasNext(); skipped++) {
            sorted.next();
        }
        return limit > 0 ? first(sorted, limit) : sorted;
    }

    private static final class Keyed {
        final byte[] key;
        final Row row;
        final int arrival;

        Keyed(byte[] key, Row row, int arrival) {
            this.key = key;
            this.row = row;
            this.arrival = arrival;
        }
    }

    private static final Comparator<Keyed> BY_KEY = (a, b) -> {
        int order = Arrays.compareUnsigned(a.key, b.key);
        return order != 0 ? order : Integer.compare(a.arrival, b.arrival);
    };

    /** With a limit only as many are kept as can still be among the first. */
    private Iterator<Row> sort(Iterator<Row> rows) {
        PriorityQueue<Keyed> kept = new PriorityQueue<>(BY_KEY.reversed());
        long bytes = 0;
        for (int arrival = 0; rows.hasNext(); arrival++) {
            Row row = rows.next();
            kept.add(new Keyed(sortKey(row, orderBy.size()), row.packed(), arrival));
            bytes += row.size;
            if (limit > 0 && kept.size() > skip + limit) {
                bytes -= kept.remove().row.size;
            }
            if (bytes > MOST_BYTES_SORTED) {
                throw new MongoServerError(292, "QueryExceededMemoryLimitNoDiskUseAllowed",
                    "Sort exceeded memory limit of " + MOST_BYTES_SORTED + " bytes. Give a limit, or create an index for this order.");
            }
        }
        List<Keyed> inOrder = new ArrayList<>(kept);
        inOrder.sort(BY_KEY);
        return inOrder.stream().map(keyed -> keyed.row).iterator();
    }

    /** The rows are in the order of the first fields already: only those equal in them are sorted by the rest. */
    private Iterator<Row> sortWithinEqual(int equalFields, Iterator<Row> rows) {
        return new Iterator<>() {
            private Iterator<Row> group = Collections.emptyIterator();
            private Row following = rows.hasNext() ? rows.next() : null;

            @Override
            public boolean hasNext() {
                if (!group.hasNext() && following != null) {
                    byte[] shared = sortKey(following, equalFields);
                    List<Keyed> equal = new ArrayList<>();
                    do {
                        equal.add(new Keyed(sortKey(following, orderBy.size()), following, equal.size()));
                        following = rows.hasNext() ? rows.next() : null;
                    } while (following != null && Arrays.equals(shared, sortKey(following, equalFields)));
                    equal.sort(BY_KEY);
                    group = equal.stream().map(keyed -> keyed.row).iterator();
                }
                return group.hasNext();
            }

            @Override
            public Row next() {
                hasNext();
                return group.next();
            }
        };
    }

    private byte[] sortKey(Row row, int fieldCount) {
        Bytes out = new Bytes(32);
        orderBy.entrySet().stream().limit(fieldCount).forEach(entry -> {
            Object value = FieldIndex.valueOf(row.document(fields), entry.getKey());
            out.write(sortKey(value, entry.getValue() > 0));
        });
        return out.toByteArray();
    }

    /** An array stands where the first of its elements, in the order asked for, would stand. */
    private static byte[] sortKey(Object value, boolean ascending) {
        if (value instanceof Collection && !((Collection<?>) value).isEmpty()) {
            return ((Collection<?>) value).stream().map(element -> sortKey(element, ascending))
                .min(Arrays::compareUnsigned).orElseThrow();
        }
        Bytes out = new Bytes(24);
        KeyCodec.write(value, ascending, out);
        return out.toByteArray();
    }

    static <T> Stream<T> stream(Iterator<T> iterator) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(iterator, Spliterator.ORDERED), false);
    }

    static <T> Iterator<T> filter(Iterator<T> iterator, Predicate<T> wanted) {
        return new Iterator<>() {
            private T found;

            @Override
            public boolean hasNext() {
                while (found == null && iterator.hasNext()) {
                    T candidate = iterator.next();
                    found = wanted.test(candidate) ? candidate : null;
                }
                return found != null;
            }

            @Override
            public T next() {
                if (!hasNext()) {
                    throw new java.util.NoSuchElementException();
                }
                T next = found;
                found = null;
                return next;
            }
        };
    }

    private static <T> Iterator<T> first(Iterator<T> iterator, int count) {
        return new Iterator<>() {
            private int left = count;

            @Override
            public boolean hasNext() {
                return left > 0 && iterator.hasNext();
            }

            @Override
            public T next() {
                left--;
                return iterator.next();
            }
        };
    }
}
