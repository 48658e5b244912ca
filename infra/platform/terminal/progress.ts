import { colour } from './colour.ts';

export interface Progress {
  /** `done` of `total`, and what to show behind the bar. */
  update(done: number, detail?: string): void;
  /** Draws it full (or as far as it came) and goes on below. */
  finish(detail?: string): void;
}

type Screen = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/**
 * A bar with a title: drawn over itself on a terminal; elsewhere a line now and then, so that a log shows it moving.
 */
export function createProgress(
  title: string,
  {
    total,
    screen = process.stdout,
    now = Date.now,
    lineEveryMs = 5000,
  }: { total: number; screen?: Screen; now?: () => number; lineEveryMs?: number },
): Progress {
  let done = 0;
  let lastDetail = '';
  let lastLine = now();
  let lastDrawn = 0;
  let lastText = '';

  const text = () => {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const filled = Math.floor(share * 24);
    const bar = '█'.repeat(filled) + '░'.repeat(24 - filled);
    const percent = `${Math.floor(share * 100)}%`.padStart(4);
    const line = `${title.padEnd(18)} ${bar} ${percent}  ${lastDetail}`;
    return screen.columns ? line.slice(0, screen.columns - 1) : line;
  };

  return {
    update(value, detail = lastDetail) {
      done = value;
      lastDetail = detail;
      if (screen.isTTY) {
        if (now() - lastDrawn < 100) return;
        lastDrawn = now();
        screen.write(`\r\u001b[K${text()}`);
      } else if (done < total && now() - lastLine >= lineEveryMs && text() !== lastText) {
        lastLine = now();
        lastText = text();
        screen.write(`${lastText.trimEnd()}\n`);
      }
    },
    finish(detail = lastDetail) {
      lastDetail = detail;
      screen.write(`${screen.isTTY ? '\r\u001b[K' : ''}${text().trimEnd()}\n`);
    },
  };
}

/** A line for something that is done: ✓ title  detail. */
export function tick(title: string, detail = ''): void {
  process.stdout.write(`${colour('green', '✓')} ${title.padEnd(16)} ${detail}`.trimEnd().concat('\n'));
}
