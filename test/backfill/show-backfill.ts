/**
 * `npm run show:backfill -- --deals 50000 --via bulk`: backfills the local Salesforce twice with the same data, once
 * undisturbed, which sets the minimum of calls, and once with the worker process killed (kill -9) five times.
 */
import { Command } from 'commander';
import { z } from 'zod';
import { runBackfill, type BackfillRun } from './backfill-run.ts';

const Options = z.object({
  deals: z.coerce.number('--deals takes a whole number').int().min(10).max(200_000),
  via: z.enum(['bulk', 'collections'], '--via takes bulk or collections'),
  slots: z.coerce.number('--slots takes a whole number').int().min(1).max(20),
  kill: z.enum(['random', 'named'], '--kill takes random or named'),
  seed: z.coerce.number('--seed takes a whole number').int(),
});

const command = new Command('show:backfill')
  .option('--deals <n>', 'how many deals', '2000')
  .option('--via <how>', 'bulk or collections', 'collections')
  .option('--slots <n>', 'calls in flight; each kill repeats up to so many', '1')
  .option('--kill <where>', 'random moments, or named points', 'random')
  .option('--seed <n>', 'of the random moments', '1');
command.parse(process.argv);
const { deals, via, slots, kill, seed } = Options.parse(command.opts());

const named = {
  bulk: [
    'bulk:after-fill',
    'bulk:after-create',
    'bulk:after-upload',
    'bulk:after-complete',
    'bulk:mid-record',
  ],
  collections: [
    'resolve:after-crm-commit',
    'resolve:before-record',
    'mirror:before-send',
    'mirror:after-crm-commit',
    'mirror:before-record',
  ],
} as const;

/** The same moments for the same seed: one in each fifth of the way. */
function moments(): { after: number }[] {
  let state = seed;
  const random = (): number => (state = (state * 48_271 + 11) % 2_147_483_647) / 2_147_483_647;
  return [0, 1, 2, 3, 4].map((fifth) => ({ after: (fifth + 0.05 + 0.9 * random()) / 5 }));
}

const plan = { deals, via, slots, leaseMs: deals > 10_000 ? 20_000 : 6_000 };
const progress = (line: string): void =>
  void process.stdout.write(`  ${new Date().toISOString().slice(11, 19)} ${line}\n`);

process.stdout.write(`undisturbed: ${deals} deals via ${via}\n`);
const minimum = await runBackfill({ ...plan, kills: [], progress });
report(minimum);
process.stdout.write(
  `interrupted five times by kill -9, at ${kill} ${kill === 'named' ? 'points' : 'moments'}\n`,
);
const disturbed = await runBackfill({
  ...plan,
  kills: kill === 'named' ? named[via].map((at) => ({ at })) : moments(),
  progress,
});
report(disturbed);
const ratio = disturbed.calls / minimum.calls;
process.stdout.write(
  `calls: ${minimum.calls} undisturbed, ${disturbed.calls} interrupted: ${ratio.toFixed(3)} x the minimum\n`,
);
process.exitCode = isRight(minimum) && isRight(disturbed) && disturbed.kills === 5 && ratio <= 1.1 ? 0 : 1;

function isRight({ found }: BackfillRun): boolean {
  const { opportunities, created, notOne, notOneRole, twice } = found;
  return (
    opportunities === deals &&
    created === deals &&
    [notOne, notOneRole, twice].every((list) => list.length === 0)
  );
}

function report(run: BackfillRun): void {
  const { found } = run;
  process.stdout.write(
    `  ${run.seconds} s, ${run.kills} kills, ${run.calls} calls; ${found.opportunities} opportunities for ${found.deals} deals, ` +
      `${found.created} ever created, ${found.notOne.length} deals with another number, ` +
      `${found.notOneRole.length} without exactly one contact role, ${found.twice.length} keys twice\n`,
  );
  for (const [endpoint, { calls, records }] of Object.entries(run.byEndpoint))
    process.stdout.write(`    ${String(calls).padStart(6)}  ${endpoint} (${records} records)\n`);
  if (run.log !== '') process.stdout.write(`  worker log:\n${run.log}\n`);
}
