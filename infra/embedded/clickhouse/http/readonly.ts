import { EngineError } from '../engine/engine-error.ts';
import { tokens } from '../sql/lexer.ts';
import type { Readonly } from './users.ts';

/**
 * The settings of a request that may only read. The engine lets every session go back to a setting's default, which of
 * `readonly` is 0, wherever a statement has settings; such a statement is refused here. What the request has by its
 * rights already need not be set, and so is never taken back.
 *
 * @throws EngineError 164 for `= DEFAULT`.
 */
export function keepReadonly(
  level: Readonly,
  { text, settings }: { text: string; settings: Record<string, string> },
): Record<string, string> {
  if (level === 0) return settings;
  const all = [...tokens(text)];
  if (all.some((token, i) => token.text === 'DEFAULT' && all[i - 1]?.text === '=')) {
    throw new EngineError(164, 'READONLY', 'Cannot set a setting to its default in readonly mode');
  }
  const { readonly, ...others } = settings;
  return readonly === undefined || readonly === String(level) ? others : settings;
}
