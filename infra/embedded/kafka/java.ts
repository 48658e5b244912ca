import { fileURLToPath } from 'node:url';
import { classpath } from '../maven/jars.ts';
import { javaProgram } from '../maven/java.ts';
import { kafkaJars } from './download.ts';

const logging = fileURLToPath(new URL('./log4j2.properties', import.meta.url));

/**
 * Command line of a Java program of Kafka's.
 *
 * @param flags JVM flags of this program.
 * @param main its class, then its arguments.
 */
export function kafkaCommand({
  jarsFolder,
  flags,
  main,
}: {
  jarsFolder: string;
  flags: readonly string[];
  main: readonly string[];
}): string[] {
  return [
    javaProgram(),
    ...flags,
    `-Dlog4j2.configurationFile=${logging}`,
    // Its shutdown hook would silence the last lines of a broker that stops.
    '-Dlog4j.shutdownHookEnabled=false',
    '-cp',
    classpath(kafkaJars, jarsFolder),
    ...main,
  ];
}
