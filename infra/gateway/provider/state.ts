import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { PipelineError } from '../../../shared/errors/index.ts';
import type { FunctionDeployment } from './deployment.ts';

/** What survives the gateway: every function and how many replicas it had. */
export interface SavedFunction {
  deployment: FunctionDeployment;
  replicas: number;
  /** ISO time. */
  createdAt: string;
}

/** Replaces a file as a whole: whoever reads it, also after a crash, sees the old or the new content. */
export function replaceFile(file: string, content: string | Buffer, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', mode);
  try {
    writeSync(handle, content as Buffer);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
}

export function saveFunctions(file: string, functions: readonly SavedFunction[]): void {
  replaceFile(file, `${JSON.stringify({ version: 1, functions }, null, 1)}\n`);
}

/** @throws PipelineError when the file is there and cannot be read: to start empty would hide a loss. */
export function loadFunctions(file: string): SavedFunction[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    return (JSON.parse(text) as { functions: SavedFunction[] }).functions;
  } catch (error) {
    throw new PipelineError('GATEWAY_STATE', `${file} is damaged; remove it and deploy again`, {
      cause: error,
    });
  }
}
