import type { Collection, Document } from 'mongodb';
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';

/** A server's answer to an insert of which not all went well has these. */
export interface InsertReply {
  writeErrors?: { index: number; code: number; errmsg?: string }[];
  writeConcernError?: { code: number; errmsg?: string };
}

/** Below the 48 MB of a message; above the 16 MiB of a document. */
const messageBytes = 24 * 1024 * 1024;

/**
 * One unordered insert of documents that are encoded already, acknowledged by the majority and journaled; several when
 * they are more than a message holds. The driver's `insertMany` would walk through every document twice, first for its
 * size and then for its bytes, which costs more than all else that is done with it.
 *
 * @param pieces each of one or several whole documents, fewer than 100,000 in all.
 * @returns the answer to each insert.
 * @throws what the driver throws when there is no answer, or the command was refused as a whole.
 */
export async function insertEncoded(
  { db, collectionName }: Pick<Collection<Document>, 'db' | 'collectionName'>,
  pieces: readonly Buffer[],
  { wtimeoutMs }: { wtimeoutMs?: number } = {},
): Promise<InsertReply[]> {
  const replies: InsertReply[] = [];
  for (const message of messagesOf(pieces)) {
    const documents = new DocumentSequence('documents');
    for (const piece of message) documents.push({}, piece);
    const writeConcern = {
      w: 'majority',
      j: true,
      ...(wtimeoutMs === undefined ? {} : { wtimeout: wtimeoutMs }),
    };
    replies.push(await db.command({ insert: collectionName, ordered: false, writeConcern, documents }));
  }
  return replies;
}

function messagesOf(pieces: readonly Buffer[]): Buffer[][] {
  const messages: Buffer[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const piece of pieces) {
    if (size + piece.length > messageBytes) {
      messages.push([]);
      size = 0;
    }
    messages.at(-1)?.push(piece);
    size += piece.length;
  }
  return messages;
}
