import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';

/** As Debian's package `zookeeper` installs it, with what it needs named in the jar. */
const jar = '/usr/share/java/zookeeper.jar';

export const noZookeeper = existsSync(jar) ? undefined : 'no ZooKeeper: apt-get install zookeeper';

/** A ZooKeeper of the test's own on a free port. */
export async function startZookeeper(folder: string): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const file = join(folder, 'zoo.cfg');
  writeFileSync(
    file,
    `dataDir=${join(folder, 'zookeeper')}\nclientPort=${port}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=srvr\n`,
  );
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const child = spawn('java', ['-Xmx64m', '-cp', jar, main, file], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    // One that is asked while it starts may never answer, nor hang up.
    socket.setTimeout(1000, () => socket.destroy(new Error('ZooKeeper does not answer')));
    socket.write('srvr');
    // It answers before it takes sessions, and says so.
    if (!(await text(socket)).includes('Mode:')) throw new Error('ZooKeeper is not ready');
  });
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
