import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Part } from '../../platform/part.ts';
import { classpath } from '../maven/jars.ts';
import { javaProgram } from '../maven/java.ts';
import { classesFolder, compileStandIn } from './compile.ts';
import { mongoFolder, mongoJars } from './download.ts';
import { mongoHealth } from './health.ts';
import type { MongoSettings } from './settings.ts';

const flags = [
  '-server',
  '-Xms160m',
  '-Xmx288m',
  // The documents of a command live as long as it: with room for several they die young.
  '-Xmn96m',
  '-XX:+UseSerialGC',
  '-XX:ReservedCodeCacheSize=64m',
  '-XX:-UsePerfData',
  '-XX:+ExitOnOutOfMemoryError',
  '-Dfile.encoding=UTF-8',
  '-Dslf4j.provider=standin.LibraryLogs',
  '-Dslf4j.internal.verbosity=WARN',
];

/** Shown at every start: nobody should take it for the real one. */
const whatItLacks = [
  'No mongod was found (MONGOD_BINARY, PATH): a stand-in serves MongoDB’s protocol, mongo-java-server over RocksDB.',
  'It lacks: transactions and sessions, replication and change streams, users, collations, text, geo and wildcard indexes;',
  'explain is there for find only, and a sort of more than 64 MiB needs an index or a limit.',
];

/** The stand-in for MongoDB: mongo-java-server's protocol and queries. */
export function standInPart(settings: MongoSettings): Part {
  const { bindAddress: host, mongodbPort: port } = settings;
  const folder = mongoFolder(settings);
  const jars = classpath(mongoJars, folder);
  const data = resolve(settings.dataDir, 'data', 'mongodb');
  const native = join(data, 'native');
  const classes = classesFolder({ folder, classpath: jars });
  return {
    name: 'mongodb',
    command: [
      javaProgram(),
      ...flags,
      `-XX:ErrorFile=${join(data, 'crash-%p.log')}`,
      '-cp',
      `${classes}:${jars}`,
      'standin.Main',
      host,
      String(port),
      data,
    ],
    // The library unpacks itself; without a fixed place it would leave a copy behind at every kill.
    env: { MALLOC_ARENA_MAX: '2', ROCKSDB_SHAREDLIB_DIR: native },
    ports: [{ port, setting: 'MONGODB_PORT' }],
    prepare: async () => {
      await mkdir(native, { recursive: true });
      await compileStandIn({ classes, classpath: jars });
    },
    health: () => mongoHealth({ host, port }),
    notes: whatItLacks,
    after: [],
  };
}
