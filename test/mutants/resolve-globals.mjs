/** Gives tests the collecting stand-in for @jest/globals. */
const standIn = new URL('./collect-tests.mjs', import.meta.url).href;

export function resolve(specifier, context, next) {
  return specifier === '@jest/globals' ? { url: standIn, shortCircuit: true } : next(specifier, context);
}
