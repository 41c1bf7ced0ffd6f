import type { Command } from 'commander';
import type { BackfillProgress, KindProgress } from '../app/backfill.ts';
import { printJson, processOutput } from './output.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { withApplication } from './with-application.ts';

interface Options {
  connection?: string;
  watch?: boolean;
  json?: boolean;
}

const everyMs = 1_000;

/** How far a large import is: per connection and kind what is done and left, how fast, and what it costs in calls. */
export function addBackfillCommand(program: Command): void {
  program
    .command('backfill')
    .description('show how far each connection is: done, left, rate, time left, what failed, calls used')
    .option('--connection <id>', 'only this connection')
    .option('--watch', 'go on showing it until everything is done')
    .option('--json', 'print one JSON document')
    .action(async ({ connection, watch = false, json = false }: Options) => {
      const { readBackfill } = await import('../app/backfill.ts');
      await withApplication(async (app) => {
        const read = (): Promise<BackfillProgress[]> =>
          readBackfill(app.db, {
            ...(connection === undefined ? {} : { connectionId: connection }),
            definitions: app.definitions,
            bulkThreshold: app.config.bulkThreshold,
            now: app.clock.now(),
          });
        if (json) printJson(processOutput(true), await read());
        else if (watch) await showBars(read);
        else for (const line of (await read()).flatMap(inWords)) processOutput(false).out(line);
      });
    });
}

function inWords(progress: BackfillProgress): string[] {
  const paused = progress.pauseReason === null ? '' : `, paused: ${progress.pauseReason}`;
  const lines = [
    `${progress.connection} (${progress.mode})${paused}`,
    ...progress.kinds.flatMap(kindInWords),
  ];
  for (const job of progress.jobs.filter(({ state }) => !['done', 'given-up'].includes(state)))
    lines.push(`  bulk job of ${job.kind}s: ${job.state}, ${job.processed} of ${job.rows} processed`);
  if (progress.usage)
    lines.push(`  ${usageLine(progress.usage)}; what is left takes about ${progress.callsNeeded} calls`);
  return lines;
}

function usageLine({
  used,
  allowed,
  usedUpAt,
  freeAt,
  over,
}: NonNullable<BackfillProgress['usage']>): string {
  const said = `calls: ${used} of ${allowed} in 24 hours (${Math.round((used / allowed) * 100)} %)`;
  if (over && freeAt) return `${said}, writing is paused until about ${freeAt.toISOString()}`;
  return usedUpAt === null ? said : `${said}, at this rate used up at ${usedUpAt.toISOString()}`;
}

function kindInWords(kind: KindProgress): string[] {
  const pace = kind.left === 0 ? '' : `, ${kind.perMinute} a minute, ${timeLeft(kind.secondsLeft)}`;
  const failed = kind.failed === 0 ? '' : `, ${kind.failed} need you`;
  return [
    `  ${kind.kind}s: ${kind.done} done, ${kind.left} left${pace}${failed}`,
    ...kind.reasons.slice(0, 5).map(({ plain, count }) => `    ${count} × ${plain}`),
  ];
}

export function timeLeft(seconds: number | null): string {
  if (seconds === null) return 'time left unknown';
  if (seconds < 90) return `${seconds} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min left` : `${(minutes / 60).toFixed(1)} h left`;
}

/** A bar per connection and kind, until all are full or the user has seen enough. */
async function showBars(read: () => Promise<BackfillProgress[]>): Promise<void> {
  const { default: progress } = await import('cli-progress');
  const bars = new progress.MultiBar({
    format: '{name} |{bar}| {value}/{total} {pace}',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: everyMs,
  });
  const shown = new Map<string, ReturnType<typeof bars.create>>();
  const interrupted = untilInterrupted();
  let over = false;
  void interrupted.then(() => (over = true));
  while (!over) {
    const connections = await read();
    for (const { connection, kinds } of connections)
      for (const kind of kinds) {
        const name = `${connection} ${kind.kind}s`.padEnd(24);
        const pace = `${kind.perMinute}/min ${timeLeft(kind.secondsLeft)}${kind.failed ? `, ${kind.failed} need you` : ''}`;
        const total = kind.done + kind.left;
        const bar = shown.get(name) ?? bars.create(total, 0, { name, pace });
        shown.set(name, bar);
        bar.setTotal(total);
        bar.update(kind.done, { name, pace });
      }
    if (connections.every(({ kinds }) => kinds.every(({ left }) => left === 0))) break;
    await Promise.race([interrupted, new Promise((resolve) => setTimeout(resolve, everyMs))]);
  }
  bars.stop();
}
