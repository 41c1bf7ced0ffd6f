import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { localConnections, saveConnections } from '../../src/app/connect-crms.ts';
import type { Finding } from '../../src/app/doctor.ts';
import { startLocalCrms, type LocalCrms } from '../../src/app/local-crms.ts';
import type { Reconciliation } from '../../src/app/reconcile.ts';
import {
  connectionState,
  crms,
  dealWrites,
  newDeals,
  pause,
  ourWrites,
  reconciled,
  recordOf,
  received,
  registerAndApprove,
  startSystem,
  untilClean,
  untilMirrored,
  type Crm,
  type RegisteredDeal,
  type RunningSystem,
} from './running-system.ts';
import { until } from './tributary-process.ts';

let system: RunningSystem;
let deals: RegisteredDeal[];

beforeAll(async () => {
  // As the connection to a real CRM begins.
  system = await startSystem({
    beforeWork: async (db) =>
      void (await db.query("UPDATE connections SET mode = 'shadow', is_sandbox = false")),
  });
  deals = await registerAndApprove(system, newDeals(3));
}, 240_000);
afterAll(() => system?.close());

const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

describe('a connection in shadow', () => {
  it('records what it would write and sends nothing', async () => {
    await until(
      'every deal shadowed',
      async () => {
        const rows = await system.db.query("SELECT 1 FROM mirrors WHERE state = 'shadowed'");
        return rows.length === deals.length || undefined;
      },
      20_000,
    );

    const intended = await system.db.query<{ deal_id: string; outcome: string; fields: object }>(
      "SELECT deal_id, outcome, fields FROM crm_writes WHERE kind = 'deal'",
    );
    expect(intended.map(({ deal_id }) => deal_id).sort()).toEqual(deals.map(({ id }) => id).sort());
    expect(new Set(intended.map(({ outcome }) => outcome))).toEqual(new Set(['shadow']));
    for (const crm of crms) expect(await ourWrites(system, crm)).toEqual([]);
    const { gaps } = await reconciled(system);
    expect(new Set(gaps.map(({ reason }) => reason))).toEqual(
      new Set(['the connection is in shadow: computed, not sent']),
    );
  }, 240_000);

  it('goes live only with a named person, a cut-off and a cap', async () => {
    const given = { '--by': 'Ada Okafor', '--cutoff': '2026-01-01', '--cap': '500' };
    const runs = Object.keys(given).map(async (missing) => {
      const rest = Object.entries(given).filter(([name]) => name !== missing);
      const { code, stderr } = await system.cli('go-live', 'salesforce', ...rest.flat());
      expect({ missing, code, named: stderr.includes(missing) }).toEqual({ missing, code: 2, named: true });
    });
    await Promise.all(runs);
    const odd = await system.cli('go-live', 'salesforce', '--by', 'Ada', '--cutoff', 'soon', '--cap', '0');
    expect(odd.code).toBe(2);
    expect(odd.stderr).toMatch(/--cutoff[\s\S]*--cap/);

    expect((await connectionState(system, 'salesforce')).mode).toBe('shadow');
  }, 240_000);
});

describe('going live', () => {
  it('mirrors everything once, and only wins after the cut-off earn', async () => {
    const runs = await Promise.all([
      system.cli('go-live', 'salesforce', '--by', 'Ada Okafor', '--cutoff', tomorrow, '--cap', '500'),
      system.cli('go-live', 'hubspot', '--by', 'Ada Okafor', '--cutoff', '2026-01-01', '--cap', '500'),
    ]);
    expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      runs.map(() => ({ code: 0, stderr: '' })),
    );
    await untilMirrored(system, deals);
    for (const crm of crms) {
      const created = (await dealWrites(system, crm)).filter(({ op }) => op === 'create');
      expect(created).toHaveLength(3);
    }

    for (const deal of deals) {
      const { crmId } = await recordOf(system, deal);
      await system.admin(deal.crm).play([{ action: 'win', id: crmId }]);
    }
    const { connections } = await until('both heard', () => allWon(), 20_000);
    expect(connections.map(({ connection, earnsNothing }) => ({ connection, earnsNothing }))).toEqual([
      { connection: 'salesforce', earnsNothing: { 'before-cutoff': 3 } },
      { connection: 'hubspot', earnsNothing: {} },
    ]);
    // Seconds after a change its record is read once more; for that moment the report names it.
    const shown = await until(
      'clean, as the command says it',
      async () => {
        const report = JSON.parse((await system.cli('reconcile', '--json')).stdout) as Reconciliation;
        return report.clean ? report : undefined;
      },
      10_000,
    );
    expect(shown.connections[0]?.earnsNothing).toEqual({ 'before-cutoff': 3 });
    const paid = new Set((await received(system)).map(({ dealId }) => dealId));
    expect(paid).toEqual(new Set(deals.filter(({ crm }) => crm === 'hubspot').map(({ id }) => id)));
  }, 240_000);
});

async function allWon(): Promise<Reconciliation | undefined> {
  const report = await untilClean(system);
  const [salesforce, hubspot] = report.connections;
  return salesforce?.earnsNothing['before-cutoff'] === 3 && hubspot?.counts.acknowledged === 3
    ? report
    : undefined;
}

describe('the hourly write cap', () => {
  it('pauses the connection with the reason once it is reached, and the rest stays due', async () => {
    await system.db.query("UPDATE connections SET hourly_write_cap = 5 WHERE id = 'salesforce'");
    await system.db.query('DELETE FROM connection_write_hours');
    const before = await mirroredRecords();
    const more = await registerAndApprove(system, newDeals(9, ['salesforce']));

    const paused = async () => (await connectionState(system, 'salesforce')).paused || undefined;
    await until('the pause', paused, 15_000);
    expect((await connectionState(system, 'salesforce')).reason).toBe(
      'the cap of 5 writes an hour is reached',
    );
    await pause(1_000);
    expect((await mirroredRecords()) - before).toBe(5);
    const open = await system.db.query<{ state: string }>(
      'SELECT state FROM mirrors WHERE deal_id = ANY($1::uuid[])',
      [more.map(({ id }) => id)],
    );
    expect(open.every(({ state }) => state === 'due' || state === 'waiting')).toBe(true);
    const { gaps } = await reconciled(system);
    expect(gaps.filter(({ step }) => step === 'mirrored')).toHaveLength(9);

    const raised = ['--by', 'Ada Okafor', '--cutoff', tomorrow, '--cap', '500'];
    expect((await system.cli('go-live', 'salesforce', ...raised)).code).toBe(0);
    await untilMirrored(system, more);
  }, 240_000);
});

describe('credentials that open another org', () => {
  it('pause the connection with both ids before a record is read or written there', async () => {
    await system.halt();
    const foreign = await startLocalCrms({});
    try {
      const connections = localConnections(foreign.crms, 2).map((one) => ({ ...one, isSandbox: false }));
      await saveConnections({ ...system.app(), db: system.db }, connections);
      await system.start();
      await registerAndApprove(system, newDeals(1));
      for (const crm of crms) await expectPinned(crm, foreign.crms);

      const doctor = await system.cli('doctor', '--json');
      const { findings } = JSON.parse(doctor.stdout) as { findings: Finding[] };
      expect(doctor.code).toBe(1);
      for (const crm of crms) {
        const login = findings.find(({ check }) => check === `${crm}: login`);
        expect(login).toMatchObject({
          ok: false,
          found: expect.stringContaining(pinnedId(crm, system.crms)),
        });
        expect(login?.found).toContain(pinnedId(crm, foreign.crms));
      }
      for (const crm of crms) expect(await touchedRecords(foreign.crms, crm)).toEqual([]);
    } finally {
      await foreign.stop();
    }
  }, 240_000);
});

async function expectPinned(crm: Crm, foreign: LocalCrms): Promise<void> {
  const state = await until(
    `the pause of ${crm}`,
    async () => {
      const now = await connectionState(system, crm);
      return now.paused ? now : undefined;
    },
    10_000,
  );
  expect(state.reason).toContain(pinnedId(crm, system.crms));
  expect(state.reason).toContain(pinnedId(crm, foreign));
}

function pinnedId(crm: Crm, from: LocalCrms): string {
  const id =
    crm === 'salesforce' ? from.salesforce?.credentials.organizationId : from.hubspot?.credentials.portalId;
  if (!id) throw new Error(`${crm} is not running`);
  return id;
}

/** Calls that could see or change a customer's records; logging in and asking whose account it is cannot. */
async function touchedRecords(from: LocalCrms, crm: Crm): Promise<string[]> {
  const answer = await fetch(`${from[crm]?.adminUrl ?? ''}/requests`);
  const calls = (await answer.json()) as { method: string; path: string }[];
  expect(calls.length).toBeGreaterThan(0);
  return calls
    .map(({ method, path }) => `${method} ${decodeURIComponent(path)}`)
    .filter((call) => !/oauth2?\/|account-info|FROM (Organization|User|CurrencyType) /.test(call));
}

/** Accounts, contacts and opportunities are what the cap counts. */
async function mirroredRecords(): Promise<number> {
  const objects = ['Account', 'Contact', 'Opportunity'];
  const writes = await Promise.all(objects.map((object) => ourWrites(system, 'salesforce', object)));
  return writes.flat().length;
}
