/**
 * `npm run show:limits -- [--deals 10000] [--workers 4] [--records-per-call 10]`: four worker processes push deals to a local
 * HubSpot that allows 190 calls in ten seconds, judged once by fixed and once by rolling windows. Ends with 1 when one call was
 * refused, or when less than 97 % of what is allowed was used while work remained.
 *
 * Ten records a call, because the limit must be what holds the workers back: with a hundred a call it allows about 360 deals a
 * second, and the search limit and the processors are reached first. `--records-per-call 100 --least-share 0` shows that case.
 */
import { Command } from 'commander';
import { z } from 'zod';
import { judgeCalls } from './judge-calls.ts';
import { pushWithin } from './push-within.ts';

const whole = (name: string, least: number, most: number) =>
  z.coerce.number(`${name} takes a whole number`).int().min(least).max(most);
const Options = z.object({
  deals: whole('--deals', 100, 100_000),
  workers: whole('--workers', 1, 8),
  allowed: whole('--allowed', 10, 1_000),
  recordsPerCall: whole('--records-per-call', 1, 100),
  leastShare: whole('--least-share', 0, 100),
  latency: whole('--latency', 0, 10_000),
  window: z.enum(['both', 'fixed', 'rolling']),
});
const command = new Command('show:limits')
  .option('--deals <n>', 'how many deals', '10000')
  .option('--workers <n>', 'worker processes', '4')
  .option('--allowed <n>', 'calls in ten seconds', '190')
  .option('--records-per-call <n>', 'HUBSPOT_RECORDS_PER_CALL of the connection', '10')
  .option('--least-share <percent>', 'of the allowed rate', '97')
  .option('--latency <ms>', 'before each answer', '0')
  .option('--window <kind>', 'fixed, rolling or both', 'both');
command.parse(process.argv);
const options = Options.parse(command.opts());

const kinds = options.window === 'both' ? (['fixed', 'rolling'] as const) : [options.window];
for (const kind of kinds) {
  const { arrived, deals } = await pushWithin(kind, options);
  const judged = judgeCalls(arrived, options.allowed);
  const percent = (judged.share * 100).toFixed(1);
  process.stdout.write(
    `${kind} windows: ${deals} deals, ${judged.calls} calls and ${judged.searches} searches in ${judged.seconds.toFixed(1)} s, ` +
      `${judged.refused} refused; ${percent} % of the allowed rate while work remained; fullest ten seconds: ${judged.fullest}; ` +
      `ten seconds by ten: ${judged.byWindow.join(' ')}\n`,
  );
  const isGood = judged.refused === 0 && judged.share * 100 >= options.leastShare && deals === options.deals;
  if (!isGood) process.exitCode = 1;
}
