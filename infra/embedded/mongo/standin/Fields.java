package standin;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import de.bwaldvogel.mongo.bson.Document;

/** Which fields of its documents a query looks at, as paths (`a.b`): the others need not be decoded. */
final class Fields {
    private static final Set<String> LOGICAL = Set.of("$and", "$or", "$nor");

    private Fields() {
    }

    static String first(String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? path : path.substring(0, dot);
    }

    /** @return null for all, also where that cannot be told. */
    static Set<String> shownBy(Document projection) {
        if (projection == null || projection.isEmpty()) {
            return null;
        }
        Set<String> shown = new HashSet<>();
        boolean including = false;
        boolean withId = true;
        for (Map.Entry<String, Object> entry : projection.entrySet()) {
            boolean wanted = Boolean.TRUE.equals(entry.getValue())
                || entry.getValue() instanceof Number && ((Number) entry.getValue()).doubleValue() != 0;
            if (wanted) {
                including = true;
                shown.add(entry.getKey());
            } else if (entry.getKey().equals("_id")) {
                withId = false;
            } else {
                return null;
            }
        }
        if (withId) {
            shown.add("_id");
        }
        return including ? shown : null;
    }

    /** Adds what a filter looks at. @return false when that cannot be told. */
    static boolean addFilter(Document filter, Set<String> fields) {
        for (Map.Entry<String, Object> entry : filter.entrySet()) {
            if (LOGICAL.contains(entry.getKey()) && entry.getValue() instanceof Collection) {
                for (Object part : (Collection<?>) entry.getValue()) {
                    if (!(part instanceof Document) || !addFilter((Document) part, fields)) {
                        return false;
                    }
                }
            } else if (entry.getKey().startsWith("$")) {
                return false;
            } else {
                fields.add(entry.getKey());
            }
        }
        return true;
    }

    /**
     * What the stages of an aggregation look at, if one of them is a $group, which passes on nothing else.
     *
     * @return null for all, also where that cannot be told.
     */
    static Set<String> readBy(List<Document> stages) {
        Set<String> fields = new HashSet<>();
        for (Document stage : stages) {
            String name = stage.keySet().iterator().next();
            Object body = stage.get(name);
            switch (name) {
                case "$match":
                    if (!addFilter((Document) body, fields)) {
                        return null;
                    }
                    break;
                case "$group":
                    return addExpression(body, fields) ? fields : null;
                case "$count":
                    return fields;
                case "$sort":
                    ((Document) body).keySet().forEach(fields::add);
                    break;
                case "$skip":
                case "$limit":
                    break;
                default:
                    return null;
            }
        }
        return null;
    }

    private static boolean addExpression(Object expression, Set<String> fields) {
        if (expression instanceof String) {
            String text = (String) expression;
            if (text.startsWith("$$")) {
                return false;
            }
            if (text.startsWith("$")) {
                fields.add(text.substring(1));
            }
            return true;
        }
        if (expression instanceof Map) {
            return ((Map<?, ?>) expression).values().stream().allMatch(part -> addExpression(part, fields));
        }
        if (expression instanceof Collection) {
            return ((Collection<?>) expression).stream().allMatch(part -> addExpression(part, fields));
        }
        return true;
    }
}
