import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Play } from '../../src/app/programme/crm-admin.ts';
import { inventPartners } from '../../src/app/programme/invent-deals.ts';
import { redrive } from '../../src/mirror/redrive.ts';
import { formatDecimal, parseMoney } from '../../src/platform/money.ts';
import {
  crms,
  dealWrites,
  editDeal,
  newDeals,
  received,
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
let deals: RegisteredDeal[];

beforeAll(async () => {
  system = await startSystem();
  deals = await registerAndApprove(system, newDeals(3));
  await untilMirrored(system, deals);
}, 240_000);
afterAll(() => system?.close());

function dealOf(crm: Crm, index: number): RegisteredDeal {
  const found = deals.filter((one) => one.crm === crm)[index];
  if (!found) throw new Error(`no deal ${index} of ${crm}`);
  return found;
}

const amountField = { salesforce: 'Amount', hubspot: 'amount' } as const;
/** The default plan's per cents. */
const rates = { registered: 5n, silver: 8n, gold: 12n, platinum: 15n };

/** Rate by the partner's tier on the amount, in decimal text; none of these amounts reaches a cap. */
function commissionOn(deal: RegisteredDeal, amount: string): string {
  const { tier } = inventPartners().find(({ key }) => key === deal.partner) ?? { tier: 'gold' };
  const { minor, currency } = parseMoney(amount, deal.currency);
  return formatDecimal({ minor: (minor * rates[tier] + 50n) / 100n, currency });
}

/** What the ledger holds of a deal, and what the payout receiver was told to pay in all; equal when all is settled. */
async function net(deal: RegisteredDeal): Promise<{ ledger: string; told: string; entries: number }> {
  const rows = await system.db.query<{ sum: bigint; count: number }>(
    'SELECT coalesce(sum(amount_minor), 0)::bigint AS sum, count(*)::int AS count FROM commission_entries WHERE deal_id = $1',
    [deal.id],
  );
  const payouts = (await received(system)).filter(
    ({ dealId, type, acknowledged }) => dealId === deal.id && type.startsWith('payout.') && acknowledged,
  );
  const told = payouts.reduce((sum, { amount }) => sum + parseMoney(amount, deal.currency).minor, 0n);
  return {
    ledger: formatDecimal({ minor: rows[0]?.sum ?? 0n, currency: deal.currency }),
    told: formatDecimal({ minor: told, currency: deal.currency }),
    entries: rows[0]?.count ?? 0,
  };
}

async function play(
  deal: RegisteredDeal,
  crmId: string,
  action: Play['action'],
  fields?: object,
): Promise<void> {
  await system.admin(deal.crm).play([{ action, id: crmId, ...(fields ? { fields: { ...fields } } : {}) }]);
}

/** Waits until ledger and receiver agree on the sum, made up of that many entries where it is known. */
async function expectNet(deal: RegisteredDeal, wanted: string, entries?: number): Promise<void> {
  let last = await net(deal);
  const reached = async (): Promise<true | undefined> => {
    last = await net(deal);
    const agreed = last.ledger === wanted && last.told === wanted;
    return (agreed && (entries === undefined || last.entries === entries)) || undefined;
  };
  await until(`${deal.crm} at ${wanted}`, reached, 12_000).catch(() => undefined);
  expect(last).toEqual({ ledger: wanted, told: wanted, entries: entries ?? last.entries });
}

const zero = '0.00';

describe.each(crms)('a deal won in %s', (crm) => {
  let deal: RegisteredDeal;
  let crmId: string;

  beforeAll(async () => {
    deal = dealOf(crm, 0);
    ({ crmId } = await recordOf(system, deal));
  });

  it('earns once, gives back when reopened, and earns anew when won again', async () => {
    await play(deal, crmId, 'update', { [amountField[crm]]: '20000' });
    await play(deal, crmId, 'win');
    await expectNet(deal, commissionOn(deal, '20000'), 1);
    await play(deal, crmId, 'reopen');
    await expectNet(deal, zero, 2);
    await play(deal, crmId, 'win');
    await expectNet(deal, commissionOn(deal, '20000'), 3);
  }, 240_000);

  it('follows its amount by the difference', async () => {
    await play(deal, crmId, 'update', { [amountField[crm]]: '12500' });
    await expectNet(deal, commissionOn(deal, '12500'), 4);
    await play(deal, crmId, 'update', { [amountField[crm]]: '15000' });
    await expectNet(deal, commissionOn(deal, '15000'), 5);
  }, 240_000);

  it('gives back when the record is deleted, is not recreated by an edit, and earns again once it is restored', async () => {
    await play(deal, crmId, 'delete');
    await expectNet(deal, zero, 6);
    await editDeal(system, { ...deal, name: `${deal.name}, corrected` });
    await until('the edit desired', async () => isBehind(deal), 5_000);
    expect(await recordsOf(system, deal)).toEqual([]);
    const { gaps } = await reconciled(system);
    expect(gaps.filter(({ dealId }) => dealId === deal.id)).toMatchObject([
      { step: 'mirrored', reason: 'The record was deleted in the CRM.' },
    ]);

    await play(deal, crmId, 'undelete');
    await expectNet(deal, commissionOn(deal, '15000'), 7);
    await untilClean(system);
    expect((await recordOf(system, deal)).crmId).toBe(crmId);
    const names = (await dealWrites(system, crm)).filter(({ id, op }) => id === crmId && op === 'update');
    // The name is the rep's by now; that the edit is known shows in the version.
    expect(JSON.stringify(names.at(-1)?.fields)).toMatch(/version(__c)?":"?3\b/i);
    const creates = (await dealWrites(system, crm)).filter(({ id, op }) => id === crmId && op === 'create');
    expect(creates).toHaveLength(1);
  }, 240_000);
});

describe.each(crms)('a deal won, reopened and won again in %s before anybody looks', (crm) => {
  it('has two wins and earns once', async () => {
    const deal = dealOf(crm, 2);
    const { crmId } = await recordOf(system, deal);
    const actions = ['win', 'reopen', 'win'] as const;
    await system.admin(crm).play(actions.map((action) => ({ action, id: crmId })));
    const twice = [
      { epoch: 1, live: false },
      { epoch: 2, live: true },
    ];
    const wins = (): Promise<unknown[]> =>
      system.db.query('SELECT epoch, live FROM won_epochs WHERE deal_id = $1 ORDER BY epoch', [deal.id]);
    await until('two wins', async () => (await wins()).length === 2 || undefined, 12_000).catch(
      () => undefined,
    );
    expect(await wins()).toEqual(twice);
    await expectNet(deal, commissionOn(deal, deal.amount));
  }, 240_000);
});

describe.each(crms)('a deal deleted in %s', (crm) => {
  it('is created anew when a person says so, and only then', async () => {
    const deal = dealOf(crm, 1);
    const before = await recordOf(system, deal);
    await play(deal, before.crmId, 'delete');
    await until('the tombstone', async () => isTombstone(deal), 10_000);
    await editDeal(system, { ...deal, name: `${deal.name}, again` });
    expect(await redrive(system.db, { dealIds: [deal.id] }, new Date())).toMatchObject({ deals: 0 });
    expect(await recordsOf(system, deal)).toEqual([]);

    const recreated = await system.cli('redrive', deal.id, '--connection', crm, '--recreate', '--json');
    expect(JSON.parse(recreated.stdout)).toMatchObject({ deals: 1 });
    await untilMirrored(system, [deal]);
    const after = await recordOf(system, deal);
    expect(after.crmId).not.toBe(before.crmId);
    await play(deal, after.crmId, 'win');
    await expectNet(deal, commissionOn(deal, deal.amount), 1);
    await untilClean(system);
  }, 240_000);
});

async function isBehind(deal: RegisteredDeal): Promise<true | undefined> {
  const rows = await system.db.query(
    "SELECT 1 FROM mirrors WHERE deal_id = $1 AND state = 'tombstone' AND mirrored_version < desired_version",
    [deal.id],
  );
  return rows.length === 1 || undefined;
}

async function isTombstone(deal: RegisteredDeal): Promise<true | undefined> {
  const rows = await system.db.query("SELECT 1 FROM mirrors WHERE deal_id = $1 AND state = 'tombstone'", [
    deal.id,
  ]);
  return rows.length === 1 || undefined;
}
