/** The plan engine's own tests, without services: what StrykerJS runs against each mutant. */
export default {
  rootDir: '../..',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testMatch: [
    '<rootDir>/src/commissions/{engine,language}/**/*.test.ts',
    '<rootDir>/src/commissions/{calculate,worked-examples}.test.ts',
  ],
};
