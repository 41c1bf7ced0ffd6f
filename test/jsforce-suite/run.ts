/**
 * Runs jsforce's own test files, which we did not write, against `npx tributary sandbox --preset jsforce`:
 * an independent judge of the sandbox. Takes the path of a checkout (the npm package ships no tests):
 * `npm run check:jsforce -- --checkout /tmp/jsforce`. Ends with 1 below the bar, with 2 when it could not run.
 */
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { checkCheckout, copyCheckout } from './copy-checkout.ts';
import { printReport } from './report.ts';
import { runFile } from './run-file.ts';
import { startOrg } from './start-org.ts';

/** The files the sandbox is judged by, and how many of their 87 tests have to pass. */
const JUDGED = [
  'connection-crud',
  'query',
  'bulk2',
  'connection-meta',
  'connection-session',
  'oauth2',
] as const;
const REQUIRED = 75;

/** Run for our own interest. */
const ALSO = ['sobject'] as const;

/** Files wait for polls and timers most of the time, so some run side by side. */
const AT_ONCE = 3;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { checkout: { type: 'string' } } });
  const obstacle = await checkCheckout(values.checkout);
  if (obstacle !== undefined) {
    console.error(obstacle);
    return 2;
  }
  const copy = await copyCheckout(values.checkout ?? '');
  const org = await startOrg();
  try {
    const limit = pLimit(AT_ONCE);
    const runs = [...JUDGED, ...ALSO].map((file) => limit(() => runFile(copy.folder, file, org.environment)));
    const results = await Promise.all(runs);
    const judged = results.slice(0, JUDGED.length);
    return printReport(judged, results.slice(JUDGED.length), REQUIRED) ? 0 : 1;
  } finally {
    await org.stop();
    await copy.remove();
  }
}

process.exitCode = await main();
