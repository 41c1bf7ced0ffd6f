/**
 * Stands in for @jest/globals where tests run in one process for thousands of mutants: it collects the tests, with Jest's own
 * `expect`. Only what the plan engine's tests use.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
export const expect = createRequire(require.resolve('@jest/globals'))('@jest/expect').jestExpect;

/** @type {{ id: string, run: () => unknown }[]} */
export const collected = [];
const path = [];

export function describe(name, body) {
  path.push(name);
  body();
  path.pop();
}
describe.each = (rows) => (name, body) =>
  rows.forEach((row, index) => describe(`${name} [${index}]`, () => body(...listed(row))));

export function test(name, run) {
  collected.push({ id: [...path, name].join(' > '), run });
}
test.each = (rows) => (name, body) =>
  rows.forEach((row, index) =>
    test(`${name} [${index}] ${String(listed(row)[0]).slice(0, 60)}`, () => body(...listed(row))),
  );
export const it = Object.assign((name, run) => test(name, run), { each: test.each });

function listed(row) {
  return Array.isArray(row) ? row : [row];
}
