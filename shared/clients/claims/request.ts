import { type Claim, entryBytes, entryWords, mostTopics, writeEntry } from './entry.ts';

/** A batch of claims; entries name topics by their place in `topics`. */
export interface ClaimRequest {
  topics: string[];
  entries: Uint32Array;
}

/** The body of `POST /claims`: length of the list of topics, that list as JSON, then the entries. */
export function encodeRequest(claims: readonly Claim[]): Buffer {
  const { topics, entries } = requestOf(claims);
  const list = Buffer.from(JSON.stringify(topics));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(list.length);
  return Buffer.concat([head, list, Buffer.from(entries.buffer)]);
}

/** The claims as entries, in their order. */
export function requestOf(claims: readonly Claim[]): ClaimRequest {
  const numbers = new Map<string, number>();
  const entries = new Uint32Array(claims.length * entryWords);
  for (const [index, claim] of claims.entries()) {
    let topic = numbers.get(claim.topicId);
    if (topic === undefined) {
      topic = Math.min(numbers.size, mostTopics);
      if (topic < mostTopics) numbers.set(claim.topicId, topic);
    }
    writeEntry(entries, index, claim, topic);
  }
  return { topics: [...numbers.keys()], entries };
}

/** The inverse of `encodeRequest`; undefined when the body is anything else. */
export function decodeRequest(body: Buffer): ClaimRequest | undefined {
  if (body.length < 4) return undefined;
  const start = 4 + body.readUInt32LE(0);
  const size = body.length - start;
  if (size < 0 || size % entryBytes !== 0) return undefined;
  let topics: unknown;
  try {
    topics = JSON.parse(body.toString('utf8', 4, start));
  } catch {
    return undefined;
  }
  if (!Array.isArray(topics) || !topics.every((topic) => typeof topic === 'string')) return undefined;
  const entries = new Uint32Array(size / 4);
  body.copy(Buffer.from(entries.buffer), 0, start);
  return { topics, entries };
}
