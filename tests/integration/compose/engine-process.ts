import { writeFileSync } from 'node:fs';
import { openConnection } from '../../../infra/embedded/clickhouse/engine/connection.ts';
import { loadEngine } from '../../../infra/embedded/clickhouse/engine/native.ts';
import { messageOf } from '../../../shared/errors/index.ts';

/** What became of the statements: their answers as TSV, or the first error. */
export type Said = { answers: string[] } | { error: string };

/**
 * The ClickHouse engine under a server's configuration: `<data folder> <configuration> <answers>`, and statements as a JSON
 * list. Writes the answers to that file and kills itself: replicated tables that cannot replicate neither let the library
 * end nor let go of it in order.
 */
const [dataFolder = '', configuration = '', file = '', statements = '[]'] = process.argv.slice(2);

async function ask(): Promise<Said> {
  try {
    const connection = openConnection({
      engine: loadEngine(),
      dataFolder,
      args: [`--config-file=${configuration}`],
      mark: 'compose',
    });
    const answers: string[] = [];
    for (const statement of JSON.parse(statements) as string[]) {
      const { bytes } = await connection.query(statement, 'TSV');
      answers.push(Buffer.from(bytes).toString().trim());
    }
    return { answers };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

writeFileSync(file, JSON.stringify(await ask()));
process.kill(process.pid, 'SIGKILL');
