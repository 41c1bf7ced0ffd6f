/**
 * Runs a plan over deals that come one a line, in the order of their wins: entries leave as they arise, so that memory holds
 * one period and not the file.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { dayOf } from './engine/days.ts';
import { Deal, Input } from './engine/input.ts';
import { PlanRun } from './engine/run.ts';
import { addUp, ending, freshTrial, printEntry, printPeriod, type FullTrial } from './run-full.ts';
import type { FullPlan } from './language/full-plan.ts';
import type { Fault } from './fault.ts';
import { faultsOf } from './read-plan.ts';

/** The first line may say what is known besides the deals. */
const Known = Input.omit({ deals: true });
const FirstLine = z.strictObject({ with: Known });

/** What is printed, one JSON document a line. */
export type StreamedLine =
  | { entry: FullTrial['entries'][number] }
  | { held: FullTrial['held'][number] }
  | { period: FullTrial['periods'][number] }
  | {
      end: Pick<FullTrial, 'plan' | 'pending' | 'counters' | 'balances' | 'totals' | 'byPartner'> &
        StreamedCounts;
    };

interface StreamedCounts {
  deals: number;
  entries: number;
  held: number;
}

export class LineFault extends Error {
  override readonly name = 'LineFault';
  readonly faults: readonly Fault[];

  constructor(line: number, faults: readonly Fault[]) {
    super(`line ${line}`);
    this.faults = faults.map(({ pointer, message }) => ({ pointer, message: `line ${line}: ${message}` }));
  }
}

/**
 * @param write called for everything in its order; awaited, so that a slow reader holds the run back
 * @throws LineFault at the first line that is no deal, or whose win is before that of the line before
 */
export async function streamPlan(
  plan: FullPlan,
  file: string,
  write: (line: StreamedLine) => Promise<void> | void,
): Promise<StreamedCounts> {
  const counts: StreamedCounts = { deals: 0, entries: 0, held: 0 };
  const trial = freshTrial(plan);
  let waiting: StreamedLine[] = [];
  const open = (known: z.infer<typeof Known>): PlanRun =>
    new PlanRun(plan, {
      ...known,
      onEntry: (entry) => {
        counts.entries += 1;
        addUp(trial, entry);
        waiting.push({ entry: printEntry(entry) });
      },
      onHeld: (held) => {
        counts.held += 1;
        waiting.push({ held });
      },
      onPeriod: (period) => void waiting.push({ period: printPeriod(period) }),
    });
  let run: PlanRun | null = null;
  let asOf: string | undefined;
  let last = '';
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() === '') continue;
    const read = parse(line, number);
    if (run === null) {
      const first = FirstLine.safeParse(read);
      if (first.success) asOf = first.data.with.asOf;
      run = open(first.success ? first.data.with : {});
      if (first.success) continue;
    }
    const deal = dealOf(read, number);
    const day = dayOf(deal.wonAt);
    if (day < last)
      throw new LineFault(number, [
        {
          pointer: '/wonAt',
          message: `${day} is before the win of the line before (${last}): sort the deals by wonAt`,
        },
      ]);
    last = day;
    counts.deals += 1;
    run.advance(day);
    run.add([deal]);
    if (waiting.length > 0) {
      for (const one of waiting) await write(one);
      waiting = [];
    }
  }
  const done = run ?? open({});
  done.finish(asOf);
  for (const one of waiting) await write(one);
  await write({ end: { ...ending(trial, done), ...counts } });
  return counts;
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new LineFault(number, [
      { pointer: '', message: error instanceof Error ? error.message : 'not JSON' },
    ]);
  }
}

function dealOf(read: unknown, number: number): Deal {
  const parsed = Deal.safeParse(read);
  if (parsed.success) return parsed.data;
  throw new LineFault(number, faultsOf(parsed.error));
}
