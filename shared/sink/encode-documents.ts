import { BSON } from 'mongodb';
import { documentOf } from './document.ts';
import { roomOf, writePlainDocument } from './plain-document.ts';
import type { SinkRecord } from './read-range.ts';

const pieceBytes = 1024 * 1024;

/** Records as documents in BSON, one behind the other, in pieces of about a mebibyte. */
export function encodeDocuments(records: readonly SinkRecord[]): Buffer[] {
  const pieces: Buffer[] = [];
  let piece = Buffer.alloc(0);
  let at = 0;
  const close = () => {
    if (at > 0) pieces.push(piece.subarray(0, at));
    at = 0;
  };
  for (const record of records) {
    if (record.marks !== undefined) {
      const room = roomOf(record.value.length);
      if (piece.length - at < room) {
        close();
        piece = Buffer.allocUnsafe(Math.max(room, pieceBytes));
      }
      at = writePlainDocument(piece, at, record, record.marks);
    } else {
      const document = BSON.serialize(documentOf(record));
      close();
      pieces.push(Buffer.from(document.buffer, document.byteOffset, document.byteLength));
      piece = piece.subarray(piece.length);
    }
  }
  close();
  return pieces;
}
