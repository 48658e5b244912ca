/** Which rows a data part of a MergeTree table holds. */
export interface PartName {
  partition: string;
  minBlock: number;
  maxBlock: number;
  level: number;
  mutation: number;
}

const shape = /^([^_]+)_(\d+)_(\d+)_(\d+)(?:_(\d+))?$/;

/** `202611_5_9_1` or, mutated, `202611_5_9_1_12`; undefined for names of another form. */
export function parsePartName(name: string): PartName | undefined {
  const match = shape.exec(name);
  if (match === null) return undefined;
  const [, partition = '', ...numbers] = match;
  const [minBlock = 0, maxBlock = 0, level = 0, mutation = 0] = numbers.map((text) => Number(text ?? 0));
  // Parts of tables with the engine's oldest syntax begin with two dates.
  if (minBlock > maxBlock) return undefined;
  return { partition, minBlock, maxBlock, level, mutation };
}

/** True when `part` holds the blocks of `other`: it is the same, or was merged or mutated from it. */
export function covers(part: PartName, other: PartName): boolean {
  return (
    part.partition === other.partition &&
    part.minBlock <= other.minBlock &&
    part.maxBlock >= other.maxBlock &&
    part.level >= other.level &&
    part.mutation >= other.mutation
  );
}
