import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../../..');
const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
const targets = [...makefile.matchAll(/^([a-z][a-z-]*):/gm)].map(([, name]) => name as string);

test('every target says what it does, and `make` alone prints it', () => {
  const help = execFileSync('make', [], { cwd: root, encoding: 'utf8' });
  for (const target of targets.filter((name) => name !== 'help')) {
    expect(help).toMatch(new RegExp(`^  make ${target} +\\S`, 'm'));
  }
});

test.each([
  'demo',
  'up',
  'down',
  'status',
  'logs',
  'init-db',
  'start-pipeline',
  'sql',
  'mongo',
  'test',
  'benchmark',
  'clean',
])('there is a target %s', (target) => expect(targets).toContain(target));

test('every target is phony, and every program it runs exists', () => {
  const phony = /^\.PHONY: (.*)$/m.exec(makefile)?.[1]?.split(' ');
  expect(phony?.toSorted()).toEqual(targets.toSorted());
  const programs = [...makefile.matchAll(/\$\(RUN\)\/(\S+\.ts)/g)].map(([, file]) => file as string);
  expect(programs.filter((file) => !existsSync(join(root, 'infra/platform/commands', file)))).toEqual([]);
});

test('a question reaches its command word for word', () => {
  const question = `db.raw_events.find({event_type: "purchase", timestamp: {$gte: new Date("2024-01-01")}}) # 'x' \\ $(id) \`id\``;
  const told = execFileSync('make', ['-f', '-', 'told', `Q=${question}`], {
    cwd: root,
    encoding: 'utf8',
    input: `include Makefile\ntold:\n\t@printenv Q\n`,
  });
  expect(told.trimEnd()).toBe(question);
});
