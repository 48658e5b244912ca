import { BSON, type Collection, type Document } from 'mongodb';
import { eachDocument, insertEncoded } from '../clients/mongo/insert-encoded.ts';
import { messageOf } from '../errors/index.ts';
import { type Outcome, outcomeOf, reasonOf } from './insert-outcome.ts';

/** The part of a collection that is used. */
export type EventStore = Pick<Collection<Document>, 'db' | 'collectionName' | 'find'>;

/**
 * Stores documents by their `_id`: one that is there already stays as it is. Says that they are stored only when the
 * majority has them, so that no primary that steps down or dies takes one back. Never throws; after anything else the
 * same documents may come again.
 *
 * @param pieces as `insertEncoded` takes them.
 */
export async function storeDocuments(events: EventStore, pieces: readonly Buffer[]): Promise<Outcome> {
  try {
    for (const inserted of await insertEncoded(events, pieces)) {
      const outcome = outcomeOf(inserted);
      if (!outcome.stored) return outcome;
      if (inserted.reply.n !== 0 || !(await isMongos(events))) continue;
      if (!(await isOnMajority(events, inserted.pieces))) {
        return {
          stored: false,
          reason: 'unconfirmed',
          detail: 'the majority does not have all documents yet',
        };
      }
    }
    return { stored: true };
  } catch (error) {
    return { stored: false, reason: reasonOf(error), detail: messageOf(error), cause: error };
  }
}

async function isMongos({ db }: EventStore): Promise<boolean> {
  const { msg } = await db.command({ hello: 1 });
  return msg === 'isdbgrid';
}

/**
 * Whether documents that were there already are there to stay. An insert that inserts nothing waits for the majority as
 * well (for the last operation of the server, which is not older than theirs), and a mongod says when it does not get it;
 * but a mongos before 7.1 leaves that out when every document of the command failed. So an attempt that found only what a
 * primary cut off from its set had inserted before would look like success, and be rolled back with it. What is read
 * with read concern majority is never rolled back, on any release.
 */
async function isOnMajority(events: EventStore, pieces: readonly Buffer[]): Promise<boolean> {
  const missing = new Set<string>();
  eachDocument(pieces, (piece, index) => {
    missing.add(String(BSON.deserialize(piece, { index, allowObjectSmallerThanBufferSize: true })._id));
  });
  const found = events.find({ _id: { $in: [...missing] } } as Document, {
    projection: { _id: 1 },
    readConcern: 'majority',
    readPreference: 'primary',
    batchSize: missing.size + 1,
  });
  for await (const { _id } of found) missing.delete(String(_id));
  return missing.size === 0;
}
