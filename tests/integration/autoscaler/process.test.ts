import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/ports.ts';

/** Stands for an OpenFaaS gateway and for a connector, whose only function falls behind by 400 records a second. */
let server: Server;
let autoscaler: ChildProcess;
let port: number;
let log = '';
let replicas = 1;
let connectorAway = false;
const scaled: { name: string; replicas: number }[] = [];
const startedMs = Date.now();

function metrics(): string {
  const seconds = (Date.now() - startedMs) / 1000;
  return [0, 1, 2, 3]
    .flatMap((partition) => {
      const labels = `{function="late",topic="t",partition="${partition}"}`;
      const position = Math.floor(seconds * 100);
      return [
        `connector_position${labels} ${position}`,
        `connector_lag_records${labels} ${1000 + position}`,
        `connector_lag_seconds${labels} ${5 + seconds}`,
      ];
    })
    .join('\n');
}

beforeAll(async () => {
  port = await freePort();
  server = createServer((request, response) => {
    const { url = '' } = request;
    if (url === '/metrics') {
      response.writeHead(connectorAway ? 500 : 200).end(connectorAway ? '' : metrics());
    } else if (request.headers.authorization !== `Basic ${btoa('admin:secret')}`) {
      response.writeHead(401).end();
    } else if (url === '/system/functions') {
      const annotations = { topic: 't', 'kafka.lag-target': '5s', 'kafka.max-replicas': '3' };
      response.end(
        JSON.stringify([
          { name: 'late', replicas, availableReplicas: replicas, annotations },
          { name: 'other', replicas: 1, availableReplicas: 1, annotations: { topic: 't' } },
        ]),
      );
    } else {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const name = /^\/system\/scale-function\/(.+)$/.exec(url)?.[1] ?? '?';
        replicas = JSON.parse(body).replicas;
        scaled.push({ name, replicas });
        response.writeHead(202).end();
      });
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  autoscaler = spawn(process.execPath, ['infra/autoscaler/index.ts'], {
    cwd: resolve(import.meta.dirname, '../../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      LOG_FORMAT: 'json',
      GATEWAY_URL: address,
      GATEWAY_PASSWORD: 'secret',
      CONNECTOR_URLS: address,
      AUTOSCALER_PORT: String(port),
    },
  });
  autoscaler.stdout?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
});

afterAll(async () => {
  autoscaler?.kill('SIGKILL');
  await new Promise((closed) => {
    server.close(closed);
    server.closeAllConnections();
  });
});

const get = async (path: string) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: answer.status, text: await answer.text() };
};

test('a function that falls behind gets replicas up to its maximum, with a reason in the log and in metrics', async () => {
  await eventually(() => expect(replicas).toBe(3), { timeoutMs: 60_000 });
  expect(new Set(scaled.map(({ name }) => name))).toEqual(new Set(['late']));
  const lines = log.split('\n').filter((line) => line.includes('scales up'));
  expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({
    function: 'late',
    replicas: 1,
    reason: expect.stringMatching(/lag [\d.]+ s \(target 5 s\), .*\/s arrive, \d+ wait/),
  });
  const { text } = await get('/metrics');
  expect(text).toContain('autoscaler_replicas_wanted{function="late"} 3');
  expect(text).toMatch(/autoscaler_decisions_total\{function="late",direction="up"\} [12]/);
  expect((await get('/healthz')).status).toBe(200);
}, 90_000);

test('a connector that is away takes no replicas from a function, and SIGTERM ends the autoscaler', async () => {
  connectorAway = true;
  const rounds = async () =>
    Number(/autoscaler_rounds_total (\d+)/.exec((await get('/metrics')).text)?.[1] ?? 0);
  const before = await rounds();
  await eventually(async () => expect(await rounds()).toBeGreaterThan(before + 2), { timeoutMs: 60_000 });
  expect(replicas).toBe(3);
  const ended = new Promise((exit) => autoscaler.once('exit', exit));
  autoscaler.kill('SIGTERM');
  expect(await ended).toBe(0);
}, 90_000);
