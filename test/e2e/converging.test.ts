import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Gap } from '../../src/app/list-gaps.ts';
import type { CommittedWrite } from '../../src/app/programme/crm-admin.ts';
import {
  crms,
  dealWrites,
  editDeal,
  newDeals,
  ourWrites,
  pause,
  reconciled,
  recordOf,
  recordsOf,
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

beforeAll(async () => {
  system = await startSystem();
}, 240_000);
afterAll(() => system?.close());

async function setStopped(stopped: boolean): Promise<void> {
  await system.db.query("UPDATE system_switches SET stopped = $1, changed_by = 'test'", [stopped]);
}

async function writeCounts(): Promise<number[]> {
  return Promise.all(crms.map(async (crm) => (await ourWrites(system, crm)).length));
}

/** Changes of the record itself; that it still belongs to its contact may be said again. */
async function updatesSince(crm: Crm, known: number): Promise<CommittedWrite[]> {
  const writes = (await dealWrites(system, crm)).slice(known);
  return writes.filter(({ op }) => op === 'create' || op === 'update');
}

describe('edits of deals that are in the CRM', () => {
  let deals: RegisteredDeal[];
  beforeAll(async () => {
    deals = await registerAndApprove(system, newDeals(1));
    await untilMirrored(system, deals);
    await untilClean(system);
  }, 240_000);

  it('become one further write, however many there were', async () => {
    const before = await Promise.all(crms.map((crm) => dealWrites(system, crm)));
    // Held for a moment, so that no worker comes in between.
    await setStopped(true);
    for (let edit = 1; edit <= 10; edit++)
      for (const deal of deals) await editDeal(system, { ...deal, name: `${deal.name}, edit ${edit}` });
    await setStopped(false);
    await untilMirrored(system, deals);
    for (const [index, crm] of crms.entries()) {
      const further = await updatesSince(crm, before[index]?.length ?? 0);
      expect(further).toHaveLength(1);
      // Registered, approved, and ten edits; the name itself is the rep's by now.
      expect(JSON.stringify(further[0]?.fields)).toMatch(/version(__c)?":"?12\b/i);
    }
  }, 240_000);

  it('write nothing when what the CRM holds stays the same', async () => {
    const before = await writeCounts();
    for (const deal of deals) {
      const rows = await system.db.query<{ crm_id: string }>(
        `SELECT l.crm_id FROM partner_links l JOIN partners p ON p.id = l.partner_id
          WHERE p.key = $1 AND l.connection_id = $2`,
        [deal.partner, deal.crm],
      );
      // The same link confirmed once more makes the deals due, with nothing new in them.
      await system.client.linkPartner(deal.partner, deal.crm, rows[0]?.crm_id ?? '');
    }
    await untilMirrored(system, deals);
    await pause(300);
    expect(await writeCounts()).toEqual(before);
  }, 240_000);
});

describe('one record among many that the CRM refuses', () => {
  it('is parked with the reason while its neighbours are mirrored, and a corrected registration releases it', async () => {
    const wanted = newDeals(12);
    const odd = new Map(crms.map((crm) => [crm, wanted.filter((deal) => deal.crm === crm)[5]]));
    // Neither CRM has the zloty switched on.
    const deals = await registerAndApprove(
      system,
      wanted.map((deal) => (odd.get(deal.crm) === deal ? { ...deal, currency: 'PLN' as 'EUR' } : deal)),
    );
    const bad = deals.filter(({ currency }) => currency === ('PLN' as string));
    await untilMirrored(
      system,
      deals.filter((deal) => !bad.includes(deal)),
    );
    const gaps = await parked(bad);
    expect(bad).toHaveLength(2);
    for (const gap of gaps) {
      expect(gap.reason).toMatch(/currency/i);
      expect(gap.nextStep).toMatch(/redrive/);
    }
    for (const deal of bad) {
      expect(await recordsOf(system, deal)).toEqual([]);
      await editDeal(system, { ...deal, currency: deal.crm === 'hubspot' ? 'EUR' : 'USD' });
    }
    await untilMirrored(system, bad);
    await untilClean(system);
  }, 240_000);

  it('is released by redrive once the CRM was corrected', async () => {
    const code = 'FIELD_CUSTOM_VALIDATION_EXCEPTION';
    const message = 'Partner deals need a close date within twelve months.';
    const rule = {
      match: { path: '/composite/sobjects/Opportunity' },
      fault: { kind: 'partial', code, message, probability: 0.3 },
    };
    await system.admin('salesforce').post('/faults', { rules: [rule] });
    const deals = await registerAndApprove(system, newDeals(12, ['salesforce']));
    const states = await until(
      'all sent',
      async () => {
        const rows = await system.db.query<{ id: string; state: string }>(
          'SELECT deal_id AS id, state FROM mirrors WHERE deal_id = ANY($1::uuid[])',
          [deals.map(({ id }) => id)],
        );
        return rows.every(({ state }) => state === 'mirrored' || state === 'parked') ? rows : undefined;
      },
      20_000,
    );
    const refused = deals.filter(({ id }) => states.some((row) => row.id === id && row.state === 'parked'));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(12);
    const gaps = await parked(refused);
    for (const gap of gaps) {
      expect(gap.reason).toContain(message);
      expect(gap.nextStep).toMatch(/redrive/);
    }
    await system.admin('salesforce').clearFaults();
    const redriven = await system.cli(
      'redrive',
      '--connection',
      'salesforce',
      '--kind',
      'invalid-record',
      '--json',
    );
    expect(JSON.parse(redriven.stdout)).toEqual({ deals: refused.length, references: 0 });
    await untilMirrored(system, deals);
    await untilClean(system);
    for (const deal of deals) expect((await recordOf(system, deal)).amount).not.toBe('');
  }, 240_000);
});

describe.each(['Account', 'Contact'])('a refused Salesforce %s', (object) => {
  it('holds up the deals that hang on it, with the reason, until it is redriven', async () => {
    const message = `${object} refused by the test.`;
    const fault = { kind: 'partial', code: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message, probability: 1 };
    await system.admin('salesforce').post('/faults', {
      rules: [{ match: { path: `/composite/sobjects/${object}` }, fault }],
    });
    const deals = await registerAndApprove(system, [named(`${object} of its own`)]);
    const [gap] = await parked(deals, /refused by the test/);
    expect(gap).toMatchObject({ step: 'mirrored', connection: 'salesforce' });
    expect(gap?.nextStep).toMatch(/redrive/);
    for (const deal of deals) expect(await recordsOf(system, deal)).toEqual([]);

    await system.admin('salesforce').clearFaults();
    expect((await system.cli('redrive', '--connection', 'salesforce')).stdout).toContain(
      'accounts and contacts 1.',
    );
    await untilMirrored(system, deals);
    await untilClean(system);
  }, 240_000);
});

/** A deal of a company and a contact that no other deal has. */
function named(company: string): ReturnType<typeof newDeals>[number] {
  const [deal] = newDeals(1, ['salesforce']);
  if (!deal) throw new Error('no deal');
  const domain = `${company.toLowerCase().replaceAll(' ', '-')}.com`;
  return {
    ...deal,
    company: { ...deal.company, name: company, domain },
    contact: { ...deal.contact, email: `someone@${domain}` },
  };
}

async function parked(deals: readonly RegisteredDeal[], reason = /./): Promise<Gap[]> {
  return until(
    'the parking',
    async () => {
      const ids = new Set(deals.map(({ id }) => id));
      const { gaps } = await reconciled(system);
      const theirs = gaps.filter(
        (gap) => gap.dealId !== null && ids.has(gap.dealId) && reason.test(gap.reason),
      );
      return theirs.length === deals.length ? theirs : undefined;
    },
    15_000,
  );
}
