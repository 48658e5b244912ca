import { createRequire } from 'node:module';
import { PipelineError } from '../../../../shared/errors/index.ts';

/**
 * The engine's native binding, as chdb ships it. chdb's own `Session` is not used: it refuses binary formats
 * for inserts (the engine takes them), and its abort only stops waiting.
 */
export interface NativeEngine {
  EngineVersion(): string;
  /** Opens a connection; all of one process share one data folder. `args` count at the first only. */
  CreateConnection(dataFolder: string, args?: readonly string[]): NativeConnection;
  CloseConnection(connection: NativeConnection): void;
  QueryAsyncConnection(connection: NativeConnection, sql: string, format: string): Promise<NativeResult>;
  /** Runs `prefix` with `data` after it; `data` is not copied before the worker thread does. */
  InsertRawAsyncConnection(
    connection: NativeConnection,
    prefix: string,
    data: Uint8Array,
    countLines: boolean,
  ): Promise<NativeInsert>;
}

declare const nativeConnection: unique symbol;
export type NativeConnection = { readonly [nativeConnection]: true };

/** `elapsed` in seconds; `rowsRead` and `bytesRead` are those of the result. */
export interface NativeResult {
  bytes: Uint8Array;
  elapsed: number;
  rowsRead: number;
  bytesRead: number;
}

/** Rows and bytes include those that materialized views wrote. */
export interface NativeInsert {
  elapsed: number;
  rowsWritten: number;
  bytesWritten: number;
}

const packages: Record<string, string> = {
  'linux-x64': '@chdb/lib-linux-x64-gnu',
  'linux-arm64': '@chdb/lib-linux-arm64-gnu',
  'darwin-x64': '@chdb/lib-darwin-x64',
  'darwin-arm64': '@chdb/lib-darwin-arm64',
};

/** Loads the engine's library into this process. @throws PipelineError `NO_ENGINE` where there is none. */
export function loadEngine(): NativeEngine {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  if (name === undefined) {
    throw new PipelineError('NO_ENGINE', `The ClickHouse engine is not available for ${platform}`);
  }
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('chdb/package.json'));
    return require(name);
  } catch (cause) {
    throw new PipelineError(
      'NO_ENGINE',
      `${name} cannot be loaded (${(cause as Error).message}); run \`npm install\` with optional packages`,
      { cause },
    );
  }
}
