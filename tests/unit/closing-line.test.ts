import { expect, test } from '@jest/globals';
import { closingLine, countsOf, type JestResults, skippedTests, sum } from '../support/closing-line.ts';

const results: JestResults = {
  numPassedTests: 10,
  numFailedTests: 1,
  numPendingTests: 1,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 1,
  testResults: [
    {
      name: 'a.test.ts',
      assertionResults: [
        { fullName: 'works', status: 'passed' },
        { fullName: 'with mongod (skipped: no mongod)', status: 'pending' },
      ],
    },
  ],
};

test('a suite that cannot be loaded is a failure', () => {
  expect(countsOf(results)).toEqual({ passed: 10, failed: 2, skipped: 1 });
});

test('skipped tests are named', () => {
  expect(skippedTests(results)).toEqual(['with mongod (skipped: no mongod)']);
});

test('one line for the whole run', () => {
  expect(closingLine(sum([countsOf(results), { passed: 2, failed: 0, skipped: 0 }]))).toBe(
    '12 passed, 2 failed, 1 skipped',
  );
});
