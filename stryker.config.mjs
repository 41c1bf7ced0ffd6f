/**
 * Mutation testing of the plan engine: `npm run check:mutants`, or of one file: `npm run check:mutants -- --mutate src/commissions/engine/limits.ts`.
 * Only the engine's own tests run; they need no database.
 */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { configFile: 'test/mutants/jest.config.js', enableFindRelatedTests: false },
  plugins: ['@stryker-mutator/jest-runner'],
  mutate: ['src/commissions/engine/**/*.ts', 'src/commissions/language/**/*.ts', '!**/*.test.ts'],
  ignoreStatic: true,
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ['clear-text', 'json', 'progress'],
  jsonReporter: { fileName: 'build/mutants.json' },
  tempDirName: 'build/stryker',
  thresholds: { high: 95, low: 90, break: 90 },
};
