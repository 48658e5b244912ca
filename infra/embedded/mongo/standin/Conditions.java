package standin;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import de.bwaldvogel.mongo.bson.Document;

/** What a query demands of single fields, as far as an index can help with it. */
final class Conditions {
    private static final Set<String> UNDERSTOOD = Set.of("$eq", "$in", "$gt", "$gte", "$lt", "$lte");

    /** What a query demands of one field. */
    static final class Field {
        /** The values it may have; null when it need not be one of some. */
        Collection<?> oneOf;
        Bound low;
        Bound high;

        boolean isEquality() {
            return oneOf != null && oneOf.size() == 1;
        }

        boolean isRange() {
            return low != null || high != null;
        }

        /** Whether a document without the field can meet this. */
        boolean admitsMissing() {
            return oneOf != null ? oneOf.contains(null) : !isRange();
        }
    }

    static final class Bound {
        final Object value;
        final boolean inclusive;
        private final byte[] encoded;

        Bound(Object value, boolean inclusive) {
            this.value = value;
            this.inclusive = inclusive;
            Bytes out = new Bytes(16);
            KeyCodec.write(value, true, out);
            encoded = out.toByteArray();
        }

        boolean sameType(Bound other) {
            return encoded[0] == other.encoded[0];
        }

        int compareTo(Bound other) {
            return Arrays.compareUnsigned(encoded, other.encoded);
        }
    }

    private final Map<String, Field> fields = new HashMap<>();
    private boolean complete = true;

    static Conditions of(Document query) {
        Conditions conditions = new Conditions();
        conditions.addAll(query);
        return conditions;
    }

    Field of(String field) {
        return fields.get(field);
    }

    /** Whether these conditions are all that the query demands, and concern these fields only. */
    boolean areAllOf(Set<String> names) {
        return complete && names.containsAll(fields.keySet());
    }

    private void addAll(Document query) {
        query.forEach((name, value) -> {
            if (name.equals("$and") && value instanceof Collection) {
                for (Object part : (Collection<?>) value) {
                    addAll((Document) part);
                }
            } else if (name.equals("$or") && value instanceof Collection) {
                complete = false;
                addAlternatives((Collection<?>) value);
            } else if (name.startsWith("$")) {
                complete = false;
            } else if (isOperators(value)) {
                ((Document) value).forEach((operator, operand) -> add(name, operator, operand));
            } else {
                add(name, "$eq", value);
            }
        });
    }

    static boolean isOperators(Object value) {
        return value instanceof Document && !((Document) value).isEmpty()
            && ((Document) value).keySet().iterator().next().startsWith("$");
    }

    private void add(String name, String operator, Object operand) {
        if (!UNDERSTOOD.contains(operator)) {
            complete = false;
            return;
        }
        if (operator.equals("$eq") || operator.equals("$in")) {
            Collection<?> values = operator.equals("$in") ? (Collection<?>) operand : Arrays.asList(operand);
            Field field = fields.get(name);
            if (values.isEmpty() || !values.stream().allMatch(KeyCodec::isExact) || field != null && field.oneOf != null) {
                complete = false;
                return;
            }
            fields.computeIfAbsent(name, n -> new Field()).oneOf = values;
        } else if (operand == null || !KeyCodec.isExact(operand)) {
            complete = false;
        } else {
            narrow(fields.computeIfAbsent(name, n -> new Field()), operator.startsWith("$g"), new Bound(operand, operator.endsWith("e")));
        }
    }

    private void narrow(Field field, boolean low, Bound bound) {
        Bound present = low ? field.low : field.high;
        Bound opposite = low ? field.high : field.low;
        if (opposite != null && !opposite.sameType(bound)) {
            complete = false;
            return;
        }
        if (present != null) {
            int order = low ? bound.compareTo(present) : present.compareTo(bound);
            if (!present.sameType(bound) || order == 0 && present.inclusive != bound.inclusive) {
                complete = false;
                return;
            }
            if (order <= 0) {
                return;
            }
        }
        if (low) {
            field.low = bound;
        } else {
            field.high = bound;
        }
    }

    /** If each alternative bounds a field on the same side, so do they together: paging by a pair of fields. */
    private void addAlternatives(Collection<?> alternatives) {
        List<Conditions> parts = alternatives.stream().map(part -> of((Document) part)).collect(java.util.stream.Collectors.toList());
        for (String name : parts.isEmpty() ? Set.<String>of() : parts.get(0).fields.keySet()) {
            for (boolean low : new boolean[] {true, false}) {
                Bound widest = null;
                for (Conditions part : parts) {
                    Bound bound = part.bound(name, low);
                    if (bound == null || widest != null && !bound.sameType(widest)) {
                        widest = null;
                        break;
                    }
                    if (widest == null || (low ? bound.compareTo(widest) < 0 : bound.compareTo(widest) > 0)) {
                        widest = bound;
                    }
                }
                if (widest != null) {
                    narrow(fields.computeIfAbsent(name, n -> new Field()), low, new Bound(widest.value, true));
                }
            }
        }
        fields.values().removeIf(field -> field.oneOf == null && !field.isRange());
    }

    private Bound bound(String name, boolean low) {
        Field field = fields.get(name);
        if (field == null) {
            return null;
        }
        if (field.isEquality() && field.oneOf.iterator().next() != null) {
            return new Bound(field.oneOf.iterator().next(), true);
        }
        return low ? field.low : field.high;
    }
}
