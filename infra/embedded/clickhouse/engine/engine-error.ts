/** An exception of ClickHouse: `Code: 60. DB::Exception: <description> (UNKNOWN_TABLE)`. */
export class EngineError extends Error {
  readonly code: number;
  /** Upper-case name of the code, such as UNKNOWN_TABLE. */
  readonly type: string;
  readonly description: string;

  constructor(code: number, type: string, description: string) {
    super(`Code: ${code}. DB::Exception: ${description} (${type})`);
    this.name = 'EngineError';
    this.code = code;
    this.type = type;
    this.description = description;
  }
}

const shape = /^(?:Query failed: )?Code: (\d+)\. DB::Exception: (.*) \(([A-Z][A-Z0-9_]*)\)\s*$/s;
const version = / \(version [\d.]+[^()]*(?:\([^()]*\))?\)\.?$/;

/**
 * What the engine threw, taken apart. It wraps some exceptions several times in their own text; the innermost
 * is the one a ClickHouse server would send.
 */
export function engineError(thrown: unknown): EngineError {
  let text = (thrown instanceof Error ? thrown.message : String(thrown)).trim();
  for (;;) {
    const match = shape.exec(text.replace(version, ''));
    if (!match) return new EngineError(1002, 'UNKNOWN_EXCEPTION', text);
    const [, code = '', description = '', type = ''] = match;
    if (shape.test(description.replace(version, ''))) text = description;
    else return new EngineError(Number(code), type, description);
  }
}
