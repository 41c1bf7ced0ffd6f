/**
 * Mutation testing of the plan engine: `npm run check:mutants`, or of one file: `npm run check:mutants -- --mutate src/commissions/engine/limits.ts`.
 * Only the engine's own tests run; they need no database. What is left alive, and why: docs/mutants.md.
 */
export default {
  testRunner: 'in-process',
  testRunnerNodeArgs: ['--import', 'tsx', '--import', './test/mutants/register.mjs'],
  plugins: ['./test/mutants/in-process.mjs'],
  mutate: [
    'src/commissions/engine/**/*.ts',
    'src/commissions/language/**/*.ts',
    '!**/json-schema.ts',
    '!**/*.test.ts',
  ],
  ignorePatterns: ['.tributary', 'build'],
  ignoreStatic: true,
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 5_000,
  reporters: ['clear-text', 'json'],
  clearTextReporter: { logTests: false, reportTests: false },
  jsonReporter: { fileName: 'build/mutants.json' },
  tempDirName: 'build/stryker',
  thresholds: { high: 95, low: 90, break: 90 },
};
