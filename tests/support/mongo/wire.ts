import { BSON, type Document } from 'mongodb';

const opReply = 1;
const opQuery = 2004;
const opMsg = 2013;
const headerBytes = 16;

/** One message of MongoDB's protocol: its header and what follows. */
export interface Message {
  requestId: number;
  opCode: number;
  bytes: Buffer;
}

/** What a message asks for or answers; an insert's documents stand beside it, as they were sent. */
export interface Command {
  body: Document;
  documents: Document[];
}

/** Cuts a stream into messages. */
export function createReader(onMessage: (message: Message) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= headerBytes && rest.length >= rest.readInt32LE(0)) {
      const bytes = rest.subarray(0, rest.readInt32LE(0));
      rest = rest.subarray(bytes.length);
      onMessage({ requestId: bytes.readInt32LE(4), opCode: bytes.readInt32LE(12), bytes });
    }
  };
}

/** @throws for an opcode that neither a driver nor the server sends. */
export function readCommand({ opCode, bytes }: Message): Command {
  // How a driver says hello, and what it is told.
  if (opCode === opQuery) {
    const nameEnd = bytes.indexOf(0, headerBytes + 4);
    return { body: documentAt(bytes, nameEnd + 9), documents: [] };
  }
  if (opCode === opReply) return { body: documentAt(bytes, headerBytes + 20), documents: [] };
  if (opCode !== opMsg) throw new Error(`opcode ${opCode}`);
  const command: Command = { body: {}, documents: [] };
  for (let at = headerBytes + 4; at < bytes.length; ) {
    const kind = bytes.readUInt8(at++);
    const end = at + bytes.readInt32LE(at);
    if (kind === 0) command.body = documentAt(bytes, at);
    else {
      at = bytes.indexOf(0, at + 4) + 1;
      for (; at < end; at += bytes.readInt32LE(at)) command.documents.push(documentAt(bytes, at));
    }
    at = end;
  }
  return command;
}

/** Long numbers stay what they are: an answer that is passed on is written as it was. */
const documentAt = (bytes: Buffer, at: number): Document =>
  BSON.deserialize(bytes.subarray(at, at + bytes.readInt32LE(at)), { promoteLongs: false });

/** The answer to a message, in the form that its question had. */
export function writeReply({ requestId, opCode }: Message, body: Document): Buffer {
  const document = BSON.serialize(body);
  const inQuery = opCode === opQuery;
  // Flags, and for OP_MSG the kind of its one section; for OP_REPLY cursor, start and count.
  const between = Buffer.alloc(inQuery ? 20 : 5);
  if (inQuery) between.writeInt32LE(1, 16);
  const header = Buffer.alloc(headerBytes);
  header.writeInt32LE(headerBytes + between.length + document.length, 0);
  header.writeInt32LE(requestId, 8);
  header.writeInt32LE(inQuery ? opReply : opMsg, 12);
  return Buffer.concat([header, between, document]);
}
