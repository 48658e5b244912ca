import { resolve } from 'node:path';
import type { Part } from '../../platform/part.ts';
import { classpath } from '../maven/jars.ts';
import { javaProgram } from '../maven/java.ts';
import { classesFolder, compileStandIn } from './compile.ts';
import { mongoFolder, mongoJars } from './download.ts';
import { mongoHealth } from './health.ts';
import type { MongoSettings } from './part.ts';

const flags = [
  '-server',
  '-Xms64m',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:ReservedCodeCacheSize=64m',
  '-XX:-UsePerfData',
  '-XX:+ExitOnOutOfMemoryError',
  '-Dfile.encoding=UTF-8',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/** The stand-in for MongoDB: mongo-java-server's protocol and queries. */
export function standInPart(settings: MongoSettings): Part {
  const { bindAddress: host, mongodbPort: port } = settings;
  const folder = mongoFolder(settings);
  const jars = classpath(mongoJars, folder);
  const data = resolve(settings.dataDir, 'data', 'mongodb');
  const classes = classesFolder({ folder, classpath: jars });
  return {
    name: 'mongodb',
    command: [javaProgram(), ...flags, '-cp', `${classes}:${jars}`, 'standin.Main', host, String(port), data],
    env: { MALLOC_ARENA_MAX: '2' },
    ports: [{ port, setting: 'MONGODB_PORT' }],
    prepare: () => compileStandIn({ classes, classpath: jars }),
    health: () => mongoHealth({ host, port }),
    notes: ['No mongod was found: a stand-in serves MongoDB’s protocol.'],
    after: [],
  };
}
