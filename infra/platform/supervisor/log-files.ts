import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Keeps every log file of the folder below `maxBytes`: a larger one is copied to `<name>.1` and emptied.
 * Processes hold their log open for appending, so it cannot be renamed under them.
 */
export function limitLogs(folder: string, { maxBytes = 50_000_000 }: { maxBytes?: number } = {}): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !file.endsWith('.log') || statSync(file).size <= maxBytes) continue;
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  }
}
