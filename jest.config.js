import { bundlePackages } from './test/services/bundle-packages.mjs';

// Read by the resolver, in every worker.
process.env['TRIBUTARY_TEST_PACKAGES'] = await bundlePackages(import.meta.dirname);

/** Tests live beside what they test. Services (PostgreSQL, Redis) are started once by globalSetup, on free ports. */
export default {
  testEnvironment: '<rootDir>/test/services/environment.mjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  resolver: '<rootDir>/test/services/resolve-packages.cjs',
  testMatch: ['<rootDir>/(src|connectors|mappings|workers|sandbox|migrations|test|bench)/**/*.test.ts'],
  globalSetup: '<rootDir>/test/services/start.ts',
  globalTeardown: '<rootDir>/test/services/stop.ts',
  testSequencer: '<rootDir>/test/services/longest-first.mjs',
  testTimeout: 120000,
  // The long files wait more than they compute: with one worker a core, a third of the machine stays idle.
  maxWorkers: 4,
};
