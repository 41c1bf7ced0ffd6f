/**
 * `npm run bench:plans -- --deals 1000000`: deals in the order of their wins through a plan of ten rules, streamed from a
 * file by `tributary plan run`, in a process of its own. Prints deals a second and the most memory the process held.
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { deals: { type: 'string', default: '1000000' }, json: { type: 'boolean', default: false } },
});
const deals = Number(values.deals);
if (!Number.isInteger(deals) || deals < 1) throw new Error('--deals takes a whole number');

const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-bench-plans-'));
try {
  const input = path.join(folder, 'deals.ndjson');
  await writeDeals(input);
  const tenth = path.join(folder, 'tenth.ndjson');
  await writeDeals(tenth, Math.ceil(deals / 10));
  console.log(
    `${os.cpus().length} x ${os.cpus()[0]?.model ?? '?'}, Node ${process.version}, load ${os.loadavg()[0]?.toFixed(1)}`,
  );
  for (const [file, count] of [
    [tenth, Math.ceil(deals / 10)],
    [input, deals],
  ] as const) {
    const { seconds, processor, megabytes, lines } = await run(file);
    console.log(
      `${count} deals, ten rules, ${lines} lines: ${Math.round(count / seconds)} deals a second (${Math.round(count / processor)} a processor second), ` +
        `at most ${Math.round(megabytes)} MB`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Spread over a year and 5,000 partners; the same for the same number. */
async function writeDeals(file: string, count = deals): Promise<void> {
  const out = createWriteStream(file);
  const kinds = ['new', 'renewal', 'expansion'];
  const regions = ['north', 'south', 'east', 'west'];
  const tiers = ['registered', 'silver', 'gold', 'platinum'];
  const start = Date.parse('2026-01-01T00:00:00Z');
  for (let n = 0; n < count; n++) {
    const at = new Date(start + Math.floor((n / count) * 365) * 86_400_000).toISOString().slice(0, 10);
    const partner = (n * 7919) % 5_000;
    const cents = (n * 104_729) % 5_000_000;
    const deal = {
      deal: `D-${n}`,
      partner: `partner-${partner}`,
      amount: `${Math.floor(cents / 100) + 500}.${String(cents % 100).padStart(2, '0')}`,
      currency: 'EUR',
      wonAt: at,
      tier: tiers[partner % 4],
      kind: kinds[n % 3],
      region: regions[partner % 4],
      termMonths: (n % 4) * 12,
      discount: String((n % 20) * 10),
    };
    if (!out.write(`${JSON.stringify(deal)}\n`)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

async function run(
  input: string,
): Promise<{ seconds: number; processor: number; megabytes: number; lines: number }> {
  const cli = fileURLToPath(new URL('../bin/tributary.mjs', import.meta.url));
  const plan = fileURLToPath(new URL('ten-rules.yaml', import.meta.url));
  const startedAt = process.hrtime.bigint();
  const child = spawn(process.execPath, [cli, 'plan', 'run', plan, '--input', input, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_OPTIONS: `--require ${fileURLToPath(new URL('report-usage.cjs', import.meta.url))}`,
    },
  });
  let lines = 0;
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines += 1;
  });
  child.stderr.on('data', (chunk: Buffer) => (told = (told + chunk.toString()).slice(-2_000)));
  const [code] = (await once(child, 'close')) as [number | null];
  const found = /USED (\S+) (\S+)/.exec(told);
  if (code !== 0 || !found) throw new Error(`the run ended with ${code}: ${told}`);
  return {
    seconds: Number(process.hrtime.bigint() - startedAt) / 1e9,
    processor: Number(found[1]),
    megabytes: Number(found[2]),
    lines,
  };
}
