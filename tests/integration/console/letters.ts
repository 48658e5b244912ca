import { deadLetterHeaders } from '../../../infra/connector/delivery/dead-letter.ts';

/** A record of the dead-letter topic, as the connector would write it for a record of partition 0 of topic id `T`. */
export const deadLetterOf = (
  functionName: string,
  offset: number,
  more: Record<string, string> = {},
  value: string | Buffer = `v${offset}`,
) => ({
  key: `${functionName}/T/0/${offset}`,
  value,
  partition: 0,
  headers: {
    [deadLetterHeaders.function]: functionName,
    [deadLetterHeaders.topic]: 'events_clean',
    [deadLetterHeaders.topicId]: 'T',
    [deadLetterHeaders.partition]: '0',
    [deadLetterHeaders.offset]: String(offset),
    [deadLetterHeaders.reason]: `reason ${offset}`,
    [deadLetterHeaders.attempts]: '3',
    [deadLetterHeaders.died]: String(1000 + offset),
    ...more,
  },
});
