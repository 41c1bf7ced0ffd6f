import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { adminOf } from '../../src/app/programme/count-outside.ts';
import type { Registered } from '../../src/app/programme/count-outside.ts';
import type { CommittedWrite } from '../../src/app/programme/crm-admin.ts';
import { crashMarker } from '../../src/platform/crash-point.ts';
import { readEndState } from './end-state.ts';
import type { DealOutside, EndState } from './end-state.ts';
import { startProgramme } from './programme.ts';
import type { Programme } from './programme.ts';
import { editAll, play, range, registerAll, until, untilSettled } from './scenario.ts';
import { startTributary } from './worker-process.ts';
import type { TributaryProcess } from './worker-process.ts';

const generousMs = 300_000;
/** Even ones belong to Salesforce, odd ones to HubSpot. */
const deals = range(0, 12);
const inSalesforce = deals.filter((index) => index % 2 === 0);
const inHubspot = deals.filter((index) => index % 2 === 1);

let programme: Programme;
let registered: Registered[];
const running = new Set<TributaryProcess>();

beforeAll(async () => {
  programme = await startProgramme(null);
  registered = await registerAll(programme, deals.length);
  await programme.client.approve(registered.map(({ id }) => id));
  const worker = startWorker('first');
  await settled();
  await worker.stop();
}, generousMs);

afterEach(async () => {
  for (const worker of running) worker.child.kill('SIGKILL');
  await Promise.all([...running].map((worker) => worker.ended));
  running.clear();
});
afterAll(() => programme?.close());

describe('a worker that sleeps for longer than its lease and wakes again', () => {
  it(
    'sends nothing when it slept before sending: another has sent newer content meanwhile',
    async () => {
      await editAll(programme, registered, inSalesforce, 'older');
      const zombie = await workerStoppedAt('mirror:before-send');
      await editAll(programme, registered, inSalesforce, 'newer');
      const { deals: after } = await expectUnchangedBy(zombie);
      expect(namesIn(after, inSalesforce)).toEqual(inSalesforce.map((index) => newerName(index)));
    },
    generousMs,
  );

  it(
    'records nothing when it slept after sending: another has sent newer content meanwhile',
    async () => {
      await editAll(programme, registered, inHubspot, 'older');
      const zombie = await workerStoppedAt('mirror:after-crm-commit');
      await editAll(programme, registered, inHubspot, 'newer');
      const { deals: after } = await expectUnchangedBy(zombie);
      expect(namesIn(after, inHubspot)).toEqual(inHubspot.map((index) => newerName(index)));
    },
    generousMs,
  );

  it(
    'stores nothing of what it read before: the record has changed since, and another has read it',
    async () => {
      await play(programme, registered, [0, 1], () => ({ action: 'win' }));
      const zombie = await workerStoppedAt('observe:after-read');
      await play(programme, registered, [0, 1], (_index, connection) => ({
        action: 'update',
        fields: { [connection === 'salesforce' ? 'Amount' : 'amount']: '7777' },
      }));
      const { deals: after } = await expectUnchangedBy(zombie);
      expect(messagesOf(after, 0)).toHaveLength(2);
      expect(messagesOf(after, 1)).toHaveLength(2);
    },
    generousMs,
  );

  it(
    'posts nothing when it slept inside the posting transaction: another has posted meanwhile',
    async () => {
      await play(programme, registered, [2, 3], () => ({ action: 'win' }));
      const zombie = await workerStoppedAt('money:before-commit');
      const { deals: after } = await expectUnchangedBy(zombie);
      expect(messagesOf(after, 2)).toHaveLength(2);
      expect(messagesOf(after, 3)).toHaveLength(2);
    },
    generousMs,
  );
});

function startWorker(name: string, env: Readonly<Record<string, string>> = {}): TributaryProcess {
  const { folder, workerEnv } = programme;
  const worker = startTributary('work', { name, folder, env: { ...workerEnv, ...env } });
  running.add(worker);
  void worker.ended.then(() => running.delete(worker));
  return worker;
}

/** The only worker there is; it stopped itself at `point` with work in its hands. */
async function workerStoppedAt(point: string): Promise<TributaryProcess> {
  const markers = path.join(programme.folder, 'markers');
  const zombie = startWorker(`zombie-${point.replace(':', '-')}`, {
    TRIBUTARY_PAUSE_AT: point,
    TRIBUTARY_CRASH_DIR: markers,
  });
  await until(programme, `a worker stops at ${point}`, async () => existsSync(crashMarker(markers, point)));
  return zombie;
}

interface Seen {
  end: EndState;
  writes: CommittedWrite[];
  ledger: unknown[];
}

/** Another worker takes over and finishes; then the zombie wakes and finishes what it had in hand. */
async function expectUnchangedBy(zombie: TributaryProcess): Promise<EndState> {
  const heir = startWorker(`heir-of-${zombie.name}`);
  await settled();
  const before = await see();
  zombie.child.kill('SIGCONT');
  expect(await zombie.stop()).toBe(0);
  await settled();
  expect(await heir.stop()).toBe(0);
  const after = await see();
  expect(after.writes.slice(before.writes.length)).toEqual([]);
  expect(after).toEqual(before);
  return after.end;
}

function settled(): Promise<void> {
  return untilSettled(programme, registered);
}

async function see(): Promise<Seen> {
  const { crms, db } = programme;
  const writes = [
    await adminOf(crms, 'salesforce').writes('Opportunity'),
    await adminOf(crms, 'hubspot').writes('deals'),
  ];
  const ledger = await db.query(
    `SELECT kind, deal_id, epoch, amount_minor FROM commission_entries
     UNION ALL SELECT kind, deal_id, epoch, amount_minor FROM payout_triggers ORDER BY 2, 3, 1, 4`,
  );
  return { end: await readEndState(programme, registered), writes: writes.flat(), ledger };
}

function newerName(index: number): string {
  return `${registered[index]?.deal.name ?? ''} (newer)`;
}

function namesIn(outside: EndState['deals'], indices: readonly number[]): unknown[] {
  return indices.map((index) => {
    const fields = outsideOf(outside, index)?.fields ?? {};
    return fields['Name'] ?? fields['dealname'];
  });
}

function messagesOf(outside: EndState['deals'], index: number): string[] {
  return outsideOf(outside, index)?.messages ?? [];
}

function outsideOf(outside: EndState['deals'], index: number): DealOutside | undefined {
  return outside[registered[index]?.deal.ref ?? ''];
}
