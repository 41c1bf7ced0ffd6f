/** `npm run show:week -- [--seeds 1,2,3] [--deals 2000] [--steps 56]`: prints what happened, and ends with 1 when anything is wrong. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import startServices from '../services/start.ts';
import stopServices from '../services/stop.ts';
import { playWeek } from './play-week.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    deals: { type: 'string', default: '2000' },
    steps: { type: 'string', default: '56' },
    quiet: { type: 'boolean', default: false },
  },
});
const positive = z.coerce.number().int().positive();
const seeds = z.array(positive).parse(values.seeds.split(','));
const deals = positive.parse(values.deals);
const steps = positive.parse(values.steps);

await startServices({ rootDir: path.resolve(import.meta.dirname, '../..') });
for (const seed of seeds) {
  const startedAt = Date.now();
  const say = (line: string): void => void (values.quiet || console.error(line));
  const { happened, faults, summary } = await playWeek({ seed, deals, steps, say });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(`seed ${seed}: ${deals} deals, ${steps} steps, ${seconds} s: ${faults.length} faults`);
  console.log(JSON.stringify({ happened, summary }, null, 1));
  for (const fault of faults.slice(0, 50)) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

await stopServices();
