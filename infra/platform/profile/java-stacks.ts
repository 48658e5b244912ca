import type { Frame, Origin, Stack } from './tree.ts';

/** What `jfr print --json --events jdk.ExecutionSample` prints, as far as it is read here. */
export interface JavaRecording {
  recording: {
    events: {
      values: {
        sampledThread: { javaName: string | null } | null;
        stackTrace: { frames: JavaFrame[] } | null;
      };
    }[];
  };
}

interface JavaFrame {
  method: { name: string; type: { name: string } };
  lineNumber: number;
}

/** The stacks of Java code, one a sample, below the name of the thread without its number: threads of a pool are one. */
export function* stacksOfJava({ recording }: JavaRecording): Iterable<Stack> {
  for (const { values } of recording.events) {
    if (!values.stackTrace) continue;
    const thread = (values.sampledThread?.javaName ?? 'a thread').replaceAll(/\b\d+\b/g, 'N');
    const frames = values.stackTrace.frames.map(frameOf).reverse();
    yield { frames: [{ name: thread, at: 'thread', origin: 'runtime' }, ...frames], samples: 1 };
  }
}

function frameOf({ method }: JavaFrame): Frame {
  // A lambda's class has another number at every start.
  const type = method.type.name.replaceAll('/', '.').replace(/(\$\$Lambda)[^.]*$/, '$1');
  return {
    name: `${type.slice(type.lastIndexOf('.') + 1)}.${method.name}`,
    at: type,
    origin: originOf(type),
  };
}

function originOf(type: string): Origin {
  if (type.startsWith('standin.')) return 'own';
  return /^(java|javax|jdk|sun|com\.sun)\./.test(type) ? 'runtime' : 'package';
}
