import type { Letter } from './letter.ts';

/** Which dead letters are meant; what is absent does not matter. */
export interface Selection {
  functionName?: string | undefined;
  /** A part of the reason. */
  reason?: string | undefined;
  topic?: string | undefined;
  partition?: number | undefined;
  key?: string | undefined;
  /** When it became a dead letter, milliseconds since 1970. */
  sinceMs?: number | undefined;
  untilMs?: number | undefined;
  limit?: number | undefined;
}

/** The selected letters, oldest first. */
export function select(letters: Iterable<Letter>, selection: Selection): Letter[] {
  const wanted = [...letters].filter(
    (letter) =>
      (selection.functionName === undefined || letter.functionName === selection.functionName) &&
      (selection.reason === undefined || letter.reason.includes(selection.reason)) &&
      (selection.topic === undefined || letter.topic === selection.topic) &&
      (selection.partition === undefined || letter.partition === selection.partition) &&
      (selection.key === undefined || letter.key === selection.key) &&
      (selection.sinceMs === undefined || letter.diedMs >= selection.sinceMs) &&
      (selection.untilMs === undefined || letter.diedMs < selection.untilMs),
  );
  wanted.sort((a, b) => a.diedMs - b.diedMs || (a.key < b.key ? -1 : 1));
  return selection.limit === undefined ? wanted : wanted.slice(0, selection.limit);
}

/** Letters by function and reason, most first. */
export function summarise(
  letters: readonly Letter[],
): { functionName: string; reason: string; count: number }[] {
  const groups = Map.groupBy(letters, ({ functionName, reason }) => JSON.stringify([functionName, reason]));
  return [...groups.values()]
    .map((same) => ({
      functionName: same[0]?.functionName ?? '',
      reason: same[0]?.reason ?? '',
      count: same.length,
    }))
    .sort((a, b) => b.count - a.count || (a.functionName < b.functionName ? -1 : 1));
}
