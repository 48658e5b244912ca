/**
 * The offset that an item identifier of a batch response names: Lambda's object form `{partition, offset}` or its
 * text form `<topic>-<partition>-<offset>`, where `partition` is `<topic>-<partition>`.
 *
 * @returns undefined when it names nothing of that partition.
 */
export function offsetOfItem(identifier: unknown, topicPartition: string): number | undefined {
  if (typeof identifier === 'string') {
    if (!identifier.startsWith(`${topicPartition}-`)) return undefined;
    return wholeNumber(identifier.slice(topicPartition.length + 1));
  }
  if (typeof identifier !== 'object' || identifier === null) return undefined;
  const { partition, offset } = identifier as { partition?: unknown; offset?: unknown };
  if (partition !== topicPartition) return undefined;
  return wholeNumber(offset);
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value !== 'number' && !(typeof value === 'string' && /^\d+$/.test(value))) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
