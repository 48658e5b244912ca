/** A cell that is a number stands at the right, with its thousands apart. */
export type Cell = string | number | undefined;

/** Text of a table: the columns as wide as they must be, a line under the heads. */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => heads.map((_, i) => show(row[i])));
  const widths = heads.map((head, i) => Math.max(width(head), ...texts.map((row) => width(row[i] ?? ''))));
  const right = heads.map((_, i) => rows.some((row) => typeof row[i] === 'number'));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const pad = ' '.repeat((widths[i] ?? 0) - width(cell));
        return right[i] ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd();
  return [line(heads), line(widths.map((w) => '─'.repeat(w))), ...texts.map(line)].join('\n');
}

function show(cell: Cell): string {
  if (cell === undefined) return '';
  return typeof cell === 'number' ? count(cell) : cell;
}

/** 1234567 → `1,234,567`. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** 1536 MB → `1.5 GB`; decimal units. */
export function bytes(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)} GB`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(0)} MB`;
  return `${(value / 1e3).toFixed(0)} kB`;
}

/** Columns that a text takes, colours not counted. */
function width(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what colours are made of
  return [...text.replace(/\u001b\[[\d;]*m/g, '')].length;
}
