import { BSON, type Collection, type Document } from 'mongodb';
import { PipelineError } from '../../../shared/errors/index.ts';
import { storeDocuments } from '../../../shared/sink/store-documents.ts';
import type { EventRef } from '../classify.ts';

/** One by its `_id`, so a document that is there already stays as it is. */
export async function insertMissing(
  events: Collection<Document>,
  documents: readonly Document[],
): Promise<void> {
  const encoded = documents.map((document) => Buffer.from(BSON.serialize(document)));
  const outcome = await storeDocuments(events, encoded);
  if (!outcome.stored) {
    throw new PipelineError('REPAIR', `MongoDB did not take all documents: ${outcome.detail}`, {
      retriable: true,
    });
  }
}

/**
 * Removes copies of one event under other ids: those alike in time, user and place in events_raw. Anything else at
 * the same place may be another event of a topic that was made anew, and stays.
 *
 * @param eventId the id that the event has in Kafka.
 */
export async function removeCopies(
  events: Collection<Document>,
  { partition, offset, eventId }: { partition: number; offset: number; eventId: string },
): Promise<number> {
  const there = await events
    .find({ 'source.clean.partition': partition, 'source.clean.offset': offset })
    .toArray();
  const original = there.find(({ _id }) => String(_id) === eventId);
  if (original === undefined) return 0;
  const marks = ({ timestamp, received_at, user_id, event_type, source }: Document) =>
    JSON.stringify([timestamp, received_at, Number(user_id), event_type, source]);
  const copies = there.filter((each) => each !== original && marks(each) === marks(original));
  for (const { _id } of copies) await events.deleteOne({ _id });
  return copies.length;
}

/** Removes events that were deleted and came back. */
export async function removeEvents(events: Collection<Document>, refs: readonly EventRef[]): Promise<number> {
  let removed = 0;
  for (const { partition, offset, event_id: id } of refs) {
    if (id === undefined) continue;
    const place = { 'source.clean.partition': partition, 'source.clean.offset': offset };
    removed += (await events.deleteMany({ ...place, _id: id } as Document)).deletedCount;
  }
  return removed;
}
