import { type Connection, produceV9, Writer } from '@platformatic/kafka';

type ProduceResponse = produceV9.ProduceResponse;

export interface EncodedBatch {
  topic: string;
  partition: number;
  bytes: Buffer;
}

/**
 * One Produce (version 9) of batches that are encoded already, at most one a partition; acknowledged by all
 * in-sync replicas.
 */
export function produceOnce(
  connection: Connection,
  request: { transactionalId: string | null; timeoutMs: number; batches: readonly EncodedBatch[] },
): Promise<ProduceResponse> {
  const byTopic = Map.groupBy(request.batches, ({ topic }) => topic);
  return new Promise((resolve, reject) => {
    connection.send<ProduceResponse>(
      produceV9.api.key,
      9,
      () =>
        Writer.create()
          .appendString(request.transactionalId)
          .appendInt16(-1)
          .appendInt32(request.timeoutMs)
          .appendArray([...byTopic], (w, [topic, batches]) => {
            w.appendString(topic).appendArray(batches, (x, batch) => {
              x.appendInt32(batch.partition)
                .appendUnsignedVarInt(batch.bytes.length + 1)
                .append(batch.bytes);
            });
          })
          .appendTaggedFields(),
      produceV9.parseResponse,
      true,
      true,
      (error, answer) => (error ? reject(error) : resolve(answer as ProduceResponse)),
    );
  });
}
