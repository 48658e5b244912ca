package standin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import de.bwaldvogel.mongo.bson.Document;

/** An aggregation, divided: what its first stages select, and the stages that remain. */
final class Pipeline {
    final Document filter;
    Document sort;
    int skip;
    int limit;
    /** Nothing remains but to count the documents into this field. */
    String countField;
    private Object countId;
    private boolean countKeepsId;
    List<Document> rest;

    private Pipeline(Document filter) {
        this.filter = filter;
    }

    static Pipeline of(List<Document> stages) {
        List<Document> filters = new ArrayList<>();
        int at = 0;
        for (; at < stages.size() && is(stages.get(at), "$match"); at++) {
            filters.add((Document) stages.get(at).get("$match"));
        }
        Pipeline pipeline = new Pipeline(
            filters.isEmpty() ? new Document() : filters.size() == 1 ? filters.get(0) : new Document("$and", filters));
        if (at < stages.size() && is(stages.get(at), "$sort")) {
            pipeline.sort = (Document) stages.get(at++).get("$sort");
        }
        if (at < stages.size() && is(stages.get(at), "$skip")) {
            pipeline.skip = ((Number) stages.get(at++).get("$skip")).intValue();
        }
        if (at < stages.size() && is(stages.get(at), "$limit")) {
            pipeline.limit = ((Number) stages.get(at++).get("$limit")).intValue();
        }
        pipeline.rest = stages.subList(at, stages.size());
        if (pipeline.rest.size() == 1) {
            pipeline.findCount(pipeline.rest.get(0));
        }
        return pipeline;
    }

    private static boolean is(Document stage, String name) {
        return stage.size() == 1 && stage.containsKey(name);
    }

    /** `{$count: "n"}`, or what drivers send for countDocuments: `{$group: {_id: 1, n: {$sum: 1}}}`. */
    private void findCount(Document stage) {
        if (is(stage, "$count")) {
            countField = (String) stage.get("$count");
        } else if (is(stage, "$group") && ((Document) stage.get("$group")).size() == 2) {
            Document group = (Document) stage.get("$group");
            countId = group.get("_id");
            for (Map.Entry<String, Object> field : group.entrySet()) {
                boolean one = new Document("$sum", 1).equals(field.getValue());
                if (one && group.containsKey("_id") && (countId == null || countId instanceof Number)) {
                    countField = field.getKey();
                    countKeepsId = true;
                }
            }
        }
    }

    List<Document> countResult(int count) {
        if (count == 0) {
            return List.of();
        }
        Document result = new Document();
        if (countKeepsId) {
            result.put("_id", countId);
        }
        result.put(Objects.requireNonNull(countField), count);
        return List.of(result);
    }
}
