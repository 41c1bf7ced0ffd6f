/** `npm run check:guards [-- WORDS]`: removes each guard in a copy of the tree and sees whether its test notices. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { allGuards } from './all-guards.ts';
import type { Guard } from './guard.ts';

const root = path.resolve(import.meta.dirname, '../..');

function copyTree(): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'tributary-guards-'));
  run('git', ['clone', '--quiet', root, copy], root);
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

function runTest(copy: string, { test, testName }: Guard): { status: number | null; output: string } {
  const named = testName === undefined ? [] : ['-t', testName];
  return run('npm', ['test', '--silent', '--', test, ...named], copy);
}

/** What is wrong with the guard; null when its test failed without it. */
function verdictOn(copy: string, guard: Guard): string | null {
  const file = path.join(copy, guard.file);
  const text = readFileSync(file, 'utf8');
  if (text.split(guard.find).length !== 2) return `${guard.file} does not hold the guard exactly once`;
  writeFileSync(
    file,
    text.replace(guard.find, () => guard.without),
  );
  try {
    const { status, output } = runTest(copy, guard);
    if (status === 0) return `${guard.test} passes without it`;
    // A test that could not even start has noticed nothing.
    return /^Tests: .*\d+ failed/m.test(output) ? null : `${guard.test} did not run:\n${output.slice(-2000)}`;
  } finally {
    writeFileSync(file, text);
  }
}

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const guards = (await allGuards()).filter((guard) =>
  words.every((word) => JSON.stringify(guard).toLowerCase().includes(word)),
);
const copy = copyTree();
let missed = 0;
try {
  for (const guard of guards) {
    const wrong = verdictOn(copy, guard);
    if (wrong !== null) missed += 1;
    console.log(
      `${wrong === null ? 'noticed' : 'MISSED '}  ${guard.never}${wrong === null ? '' : `\n         ${wrong}`}`,
    );
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${guards.length - missed} of ${guards.length} removals were noticed by a test.`);
process.exitCode = missed === 0 ? 0 : 1;
