import type { Connection } from '../engine/connection.ts';
import type { Connections } from '../engine/connections.ts';
import type { NativeResult } from '../engine/native.ts';
import { tokens } from '../sql/lexer.ts';
import type { Running } from './running.ts';

/**
 * KILL QUERY: `query_id` in its condition means the id that the client gave, where the engine has another.
 * SYNC waits here until what was cancelled has ended: the engine would wait for ever, since it lists a cancelled
 * statement until its connection runs the next one.
 */
export async function killByClientIds({
  connections,
  running,
  connection,
  statement,
  answering,
}: {
  connections: Connections;
  running: Running;
  connection: Connection;
  statement: { text: string };
  answering: { format: string; queryId: string };
}): Promise<NativeResult> {
  return connections.cancelling(async () => {
    const { sql, ids, sync } = rewriteKill(statement.text, running);
    const result = await connection.query(sql, answering.format);
    if (sync) await running.ended(ids.filter((id) => id !== answering.queryId));
    return result;
  });
}

/** The statement in terms of the engine, and the ids of the clients that it names. */
export function rewriteKill(
  text: string,
  running: Pick<Running, 'queryIdExpression'>,
): { sql: string; ids: string[]; sync: boolean } {
  let sql = '';
  let at = 0;
  let sync = false;
  const ids: string[] = [];
  for (const token of tokens(text)) {
    if (token.kind === 'string') ids.push(text.slice(token.start + 1, token.end - 1));
    const isId = text.slice(token.start, token.end).replaceAll('`', '') === 'query_id';
    if (isId) {
      sql += `${text.slice(at, token.start)}${running.queryIdExpression()}`;
      at = token.end;
    } else if (token.kind === 'word' && token.text === 'SYNC') {
      sync = true;
      sql += `${text.slice(at, token.start)}ASYNC`;
      at = token.end;
    }
  }
  return { sql: sql + text.slice(at), ids, sync };
}
