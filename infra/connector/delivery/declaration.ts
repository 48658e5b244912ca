/** A range that is about to be sent, as it stands beside the committed position (which is its first offset). */
export interface Declaration {
  /** First offset after the range. */
  end: number;
  route: number;
  /** When the range was first sent, milliseconds since 1970. */
  firstSentMs: number;
}

/** What is written beside a position: the topic it belongs to, and the open range if there is one. */
export interface PositionNote {
  /** Id of the topic; another id means that the topic was made anew and the position counts for nothing. */
  topicId: string;
  declaration?: Declaration | undefined;
}

/** Short text: brokers keep at most 4096 bytes, and it is written with every range. */
export function encodeNote({ topicId, declaration }: PositionNote): string {
  if (!declaration) return `1 ${topicId}`;
  return `1 ${topicId} ${declaration.end} ${declaration.route} ${declaration.firstSentMs}`;
}

/** Undefined for text that is not ours: a position that another program committed. */
export function decodeNote(text: string): PositionNote | undefined {
  const match = /^1 ([\w-]{1,64})(?: (\d{1,16}) (\d{1,9}) (\d{1,16}))?$/.exec(text);
  if (!match) return undefined;
  const [, topicId = '', end, route, firstSentMs] = match;
  if (end === undefined) return { topicId };
  return {
    topicId,
    declaration: { end: Number(end), route: Number(route), firstSentMs: Number(firstSentMs) },
  };
}
