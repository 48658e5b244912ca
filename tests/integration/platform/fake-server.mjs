// Stands for an engine: node fake-server.mjs <port> [dies|ends]
import { createServer } from 'node:http';

const [, , port, behaviour] = process.argv;
console.log(`fake server ${process.pid} begins`);
if (behaviour === 'dies') process.exit(3);
if (behaviour === 'ends') setTimeout(() => process.exit(0), 300);
const server = createServer((request, response) => {
  if (request.url === '/hang') {
    response.end();
    // Alive, and deaf.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  }
  const [, workMs] = /^\/work\/(\d+)$/.exec(request.url) ?? [];
  if (workMs !== undefined) {
    response.end();
    // Alive, busy, and deaf for so long.
    for (const end = Date.now() + Number(workMs); Date.now() < end; );
    return;
  }
  response.end(`pid ${process.pid}`);
});
const { LISTEN_FD: given } = process.env;
server.listen(given === undefined ? { port: Number(port), host: '127.0.0.1' } : { fd: Number(given) });
process.on('SIGTERM', () => {
  console.log(`fake server ${process.pid} stops at ${Date.now()}`);
  process.exit(0);
});
