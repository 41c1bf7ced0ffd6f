/**
 * A test runner for StrykerJS that loads the plan engine once and then switches mutants: a third of a second each, where a
 * fresh Jest environment takes nearly two. It holds because the engine keeps nothing between two runs but the periods it has
 * worked out, which are dropped here; a module that remembered more would carry one mutant's answers into the next. Mutants that only loading runs are not tried (ignoreStatic).
 */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { collected } from './collect-tests.mjs';

const stryker = (globalThis.__stryker__ ??= {});
const folder = 'src/commissions';
const besides = ['calculate', 'worked-examples', 'published-examples', 'published-cases'];
/** Of the test runner's protocol. */
const [success, failed] = [0, 1];

class InProcessRunner {
  /** The environment is not reloaded, and need not be: mutants that only loading runs are left out. */
  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    // The same cases for every mutant: one that a case kills is not alive the next time.
    fc.configureGlobal({ seed: 20_261_123 });
    for (const file of testFiles()) {
      const first = collected.length;
      await import(pathToFileURL(resolve(file)).href);
      for (const test of collected.slice(first)) test.id = `${file} > ${test.id}`;
    }
    this.periods = (await import(pathToFileURL(resolve(folder, 'engine/days.ts')).href)).stretches;
    // Schemas build parts of themselves on first use: that is loading, too.
    for (const { run } of collected) await run();
    this.loading = { ...stryker.mutantCoverage?.static };
  }

  async dryRun() {
    const coverage = stryker.mutantCoverage;
    const tests = [];
    for (const { id, run } of collected) {
      stryker.currentTestId = id;
      const began = performance.now();
      const failureMessage = await failureOf(run);
      const timeSpentMs = performance.now() - began;
      const status = failureMessage === null ? success : failed;
      tests.push({ id, name: id, timeSpentMs, status, failureMessage: failureMessage ?? undefined });
    }
    stryker.currentTestId = undefined;
    if (coverage === undefined) return { status: 'complete', tests };
    const byTests = new Set(Object.values(coverage.perTest).flatMap(Object.keys));
    const atLoad = Object.entries(this.loading).filter(([mutant]) => !byTests.has(mutant));
    const mutantCoverage = { perTest: coverage.perTest, static: Object.fromEntries(atLoad) };
    return { status: 'complete', tests, mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    const chosen = new Set(testFilter);
    this.periods.clear();
    stryker.activeMutant = activeMutant.id;
    stryker.hitLimit = hitLimit;
    stryker.hitCount = hitLimit === undefined ? undefined : 0;
    let nrOfTests = 0;
    try {
      for (const { id, run } of collected) {
        if (testFilter !== undefined && !chosen.has(id)) continue;
        nrOfTests += 1;
        const failureMessage = await failureOf(run);
        if (stryker.hitCount > hitLimit) return { status: 'timeout', reason: failureMessage ?? 'hit limit' };
        if (failureMessage !== null) return { status: 'killed', killedBy: [id], failureMessage, nrOfTests };
      }
      return { status: 'survived', nrOfTests };
    } finally {
      stryker.activeMutant = undefined;
      this.periods.clear();
    }
  }
}

function testFiles() {
  const inFolder = (part) => readdirSync(join(folder, part)).filter((name) => name.endsWith('.test.ts'));
  return [
    ...['engine', 'language'].flatMap((part) => inFolder(part).map((name) => join(folder, part, name))),
    ...besides.map((name) => join(folder, `${name}.test.ts`)),
  ];
}

/** Null: the test passed. */
async function failureOf(run) {
  try {
    await run();
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

function inProcessRunner() {
  return new InProcessRunner();
}
inProcessRunner.inject = [];

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', factory: inProcessRunner }];
