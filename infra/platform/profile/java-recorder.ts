import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { javaTool } from '../../embedded/maven/java.ts';
import type { JavaRecording } from './java-stacks.ts';

const run = promisify(execFile);
const name = 'profile';
const period = '2ms';

/** Has a running JVM record which methods its threads are in; until then nothing in it is any different. */
export async function startJavaRecording(pid: number): Promise<void> {
  const sample = 'jdk.ExecutionSample';
  const settings = ['settings=none', `+${sample}#enabled=true`, `+${sample}#period=${period}`];
  await run(javaTool('jcmd'), [String(pid), 'JFR.start', `name=${name}`, ...settings]);
}

/** Ends that. @param file where the recording then is. */
export async function stopJavaRecording(pid: number, file: string): Promise<JavaRecording> {
  await run(javaTool('jcmd'), [String(pid), 'JFR.stop', `name=${name}`, `filename=${file}`]);
  const print = ['print', '--json', '--stack-depth', '64', '--events', 'jdk.ExecutionSample', file];
  const { stdout } = await run(javaTool('jfr'), print, { maxBuffer: 2 ** 29 });
  return JSON.parse(stdout);
}
