import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { adminOf } from '../../src/app/programme/count-outside.ts';
import type { Registered } from '../../src/app/programme/count-outside.ts';
import { crashMarker } from '../../src/platform/crash-point.ts';
import { readEndState } from './end-state.ts';
import type { DealOutside } from './end-state.ts';
import { startProgramme } from './programme.ts';
import type { Programme } from './programme.ts';
import { connections, editAll, play, range, registerAll, until, untilSettled } from './scenario.ts';
import type { Connection } from './scenario.ts';
import { startTributary } from './worker-process.ts';
import type { TributaryProcess } from './worker-process.ts';

const generousMs = 300_000;
/** Even ones belong to Salesforce, odd ones to HubSpot. */
const fresh = range(0, 6);
const mirrored = range(6, 12);
/** How long the CRM sits on a request; longer than we wait for an answer. */
const lateMs = 6_000;

let programme: Programme;
let registered: Registered[];
const running = new Set<TributaryProcess>();

beforeAll(async () => {
  programme = await startProgramme(null);
  registered = await registerAll(programme, 12);
  await approve(mirrored);
  const worker = startWorker();
  await settled(mirrored);
  await worker.stop();
}, generousMs);

afterEach(async () => {
  for (const worker of running) worker.child.kill('SIGKILL');
  await Promise.all([...running].map((worker) => worker.ended));
  running.clear();
});
afterAll(() => programme?.close());

describe.each(connections)('in %s', (connection) => {
  const isOurs = (index: number): boolean => index % 2 === connections.indexOf(connection);

  it(
    'what a rep did between our creation of a record and our learning of it stays',
    async () => {
      const ours = fresh.filter(isOurs);
      const touched = ours.slice(0, 2);
      await approve(ours);
      const markers = path.join(programme.folder, `markers-${connection}`);
      const point = 'mirror:after-crm-commit';
      const killed = startWorker({ TRIBUTARY_CRASH_AT: point, TRIBUTARY_CRASH_DIR: markers });
      expect(await killed.ended).toBe('SIGKILL');
      expect(existsSync(crashMarker(markers, point))).toBe(true);

      await play(programme, registered, touched, (_index, crm) => ({
        action: 'win',
        fields: { [crm === 'salesforce' ? 'Amount' : 'amount']: '4321.5' },
      }));
      const heir = startWorker();
      await settled(ours);
      expect(await heir.stop()).toBe(0);
      for (const deal of await outsideOf(touched)) {
        expect(deal).toMatchObject({ records: 1, creates: 1 });
        expect(Number(deal.fields['Amount'] ?? deal.fields['amount'])).toBe(4321.5);
        expect(String(deal.fields['StageName'] ?? deal.fields['dealstage'])).toMatch(/won/i);
        expect(deal.messages).toHaveLength(2);
      }
    },
    generousMs,
  );

  it(
    'a write that the CRM carries out long after we gave it up is overwritten by what we wrote meanwhile',
    async () => {
      const late = mirrored.filter(isOurs);
      await holdNextWrite(connection);
      await editAll(programme, registered, late, 'older');
      startWorker();
      await until(programme, 'the older content is under way', () => isSending(late));
      await editAll(programme, registered, late, 'newer');
      await until(programme, 'both were written, the older one last', () => isOverwritten(connection, late));
      await until(programme, 'the newer content stands again', () => isNewest(late));
      await settled(late);
    },
    generousMs,
  );
});

function startWorker(env: Readonly<Record<string, string>> = {}): TributaryProcess {
  const { folder, workerEnv } = programme;
  const worker = startTributary('work', { name: 'worker', folder, env: { ...workerEnv, ...env } });
  running.add(worker);
  void worker.ended.then(() => running.delete(worker));
  return worker;
}

async function approve(indices: readonly number[]): Promise<void> {
  await programme.client.approve(indices.map((index) => registered[index]?.id ?? ''));
}

function settled(indices: readonly number[]): Promise<void> {
  const ours = registered.filter((_deal, index) => indices.includes(index));
  return untilSettled(programme, ours);
}

async function outsideOf(indices: readonly number[]): Promise<DealOutside[]> {
  const { deals } = await readEndState(programme, registered);
  return indices.flatMap((index) => deals[registered[index]?.deal.ref ?? ''] ?? []);
}

const writePaths: Record<Connection, string> = {
  salesforce: '/composite/sobjects',
  hubspot: '/objects/deals/batch/update',
};

async function holdNextWrite(connection: Connection): Promise<void> {
  const rule = {
    match: { path: writePaths[connection] },
    when: { times: 1 },
    fault: { kind: 'delay', ms: lateMs },
  };
  await adminOf(programme.crms, connection).post('/faults', { rules: [rule] });
}

async function isSending(indices: readonly number[]): Promise<boolean> {
  const ids = indices.map((index) => registered[index]?.id);
  const rows = await programme.db.query(
    'SELECT 1 FROM mirrors WHERE deal_id = ANY($1::uuid[]) AND suspect AND lease_token IS NOT NULL',
    [ids],
  );
  return rows.length > 0;
}

async function isNewest(indices: readonly number[]): Promise<boolean> {
  const names = (await outsideOf(indices)).map(({ fields }) => String(fields['Name'] ?? fields['dealname']));
  return names.every((name) => name.endsWith('(newer)'));
}

/** The CRM committed the older name after the newer one. */
async function isOverwritten(connection: Connection, indices: readonly number[]): Promise<boolean> {
  const object = connection === 'salesforce' ? 'Opportunity' : 'deals';
  const writes = await adminOf(programme.crms, connection).writes(object);
  return indices.every((index) => {
    const name = registered[index]?.deal.name ?? '';
    const names = writes
      .map((write) => String(write.fields['Name'] ?? write.fields['dealname']))
      .filter((written) => written.startsWith(name));
    const newer = names.indexOf(`${name} (newer)`);
    return newer >= 0 && names.indexOf(`${name} (older)`, newer) > newer;
  });
}
