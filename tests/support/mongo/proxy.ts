import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Document } from 'mongodb';
import { type Command, createReader, type Message, readCommand, writeReply } from './wire.ts';

/** A command on its way to the server. */
export interface Call extends Command {
  /** Lets the server do it. @returns its answer. */
  forward(): Promise<Document>;
  /** An answer as bytes, for those who want to spoil them. */
  encode(answer: Document): Buffer;
}

/**
 * What is sent back: an answer, bytes, in pieces that follow each other, or nothing, and the connection is closed after
 * it or stays open.
 */
export type Answer = Document | { pieces: Buffer[]; close?: boolean } | 'close' | 'silence';

/** Answers a command in the server's place. */
export type Answerer = (call: Call) => Answer | Promise<Answer>;

/** Stands between a driver and a server, and answers for it as it is told to. */
export interface MongoProxy {
  uri: string;
  /** Answers every such command (`hello` in each of its forms) from now on. */
  on(command: string, answer: Answerer): void;
  /** From now on the server answers everything. */
  heal(): void;
  close(): Promise<void>;
}

/** What a member says of itself that is no primary. */
export const asSecondary = { isWritablePrimary: false, ismaster: false, secondary: true } as const;

/**
 * @param as what it says that it is: the primary of a replica set of one, or the mongos of a cluster.
 */
export async function startMongoProxy({
  upstream,
  as = 'primary',
}: {
  upstream: string;
  as?: 'primary' | 'mongos';
}): Promise<MongoProxy> {
  const { hostname, port } = new URL(upstream);
  const answerers = new Map<string, Answerer>();
  const server = createServer((client) => {
    const behind = connect(Number(port), hostname);
    const waiting: ((answer: Message) => void)[] = [];
    let last: Promise<unknown> = Promise.resolve();
    behind.on(
      'data',
      createReader((answer) => waiting.shift()?.(answer)),
    );
    client.on(
      'data',
      createReader((message) => {
        last = last.then(() => serve(message)).catch(() => client.destroy());
      }),
    );
    for (const [socket, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      socket.on('error', () => {}).on('close', () => other.destroy());
    }

    async function serve(message: Message): Promise<void> {
      const command = readCommand(message);
      const [first = ''] = Object.keys(command.body);
      const name = /^(hello|ismaster)$/i.test(first) ? 'hello' : first;
      const forward = async () => {
        const answer = new Promise<Message>((resolve) => waiting.push(resolve));
        behind.write(message.bytes);
        const { body } = readCommand(await answer);
        return name === 'hello' ? { ...body, ...introduction() } : body;
      };
      const encode = (answer: Document) => writeReply(message, answer);
      const answerer = answerers.get(name) ?? forward;
      const answer = await answerer({ ...command, forward, encode });
      if (answer === 'silence') return;
      const { pieces, close = false } =
        answer === 'close'
          ? { pieces: [], close: true }
          : 'pieces' in answer
            ? answer
            : { pieces: [encode(answer)] };
      for (const piece of pieces) await new Promise((sent) => client.write(piece, sent));
      if (close) client.destroy();
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const introduction = () =>
    as === 'mongos'
      ? { msg: 'isdbgrid' }
      : { setName: 'rs', setVersion: 1, hosts: [address], me: address, secondary: false };

  return {
    uri: `mongodb://${address}`,
    on: (command, answer) => void answerers.set(command, answer),
    heal: () => answerers.clear(),
    close: async () => {
      // Its clients are closed before it, and take their connections with them.
      await new Promise((done) => server.close(done));
    },
  };
}
