// One project per kind of test; run one with `npx jest --selectProjects unit`.
const base = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.pipeline', '<rootDir>/build'],
  testEnvironment: 'node',
};

const project = (name, extra = {}) => ({
  ...base,
  displayName: name,
  testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
  ...extra,
});

const withEngines = {
  globalSetup: '<rootDir>/tests/support/start-engines.js',
  globalTeardown: '<rootDir>/tests/support/stop-engines.js',
};

export default {
  // Of a single test; generous, because a slow machine is no fault.
  testTimeout: 120_000,
  projects: [project('unit'), project('integration', withEngines), project('integrity'), project('e2e')],
};
