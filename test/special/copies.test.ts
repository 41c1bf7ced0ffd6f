import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { dismissTagged, taggedKind } from '../../src/mirror/attach/tagged.ts';
import { listCards } from '../../src/platform/cards/cards.ts';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';

const plan = `
plan: p
version: 1
effectiveFrom: 2020-01-01
basis: deal-amount
currency: deal
tiers: { gold: { rate: 10 } }
otherTiers: hold
renewals: { share: 30 }
`;
const rule = `
renewals: { field: Type, values: [Existing Customer - Upgrade], withinMonths: 12 }
`;

let engine: Engine;
beforeAll(async () => {
  const mapping = await readFile('mappings/salesforce/mapping.yaml', 'utf8');
  engine = await openEngine({ mapping: mapping + rule });
  await engine.publish(plan);
  await lookAround();
}, 60_000);
afterAll(() => engine?.close());

async function wonDeal(): Promise<{ dealId: string; crmId: string }> {
  const dealId = await engine.register();
  await engine.approve(dealId);
  await engine.push();
  const crmId = (await engine.mirror(dealId)).crm_id ?? '';
  await engine.org.play('win', crmId);
  await engine.observe();
  return { dealId, crmId };
}

async function opportunity(id: string): Promise<Record<string, unknown>> {
  return (await engine.org.admin('GET', `/records/Opportunity/${id}`)) as Record<string, unknown>;
}

/** As the Clone button: every field that can be written goes along, unique ones excepted. */
async function clone(id: string, change: object = {}): Promise<string> {
  const source = await opportunity(id);
  const copied = Object.entries(source).filter(
    ([name, value]) =>
      value !== null &&
      name !== 'Tributary_Deal_Id__c' &&
      (/^Tributary_/.test(name) ||
        ['Name', 'CloseDate', 'Amount', 'AccountId', 'CurrencyIsoCode'].includes(name)),
  );
  const fields = { ...Object.fromEntries(copied), StageName: 'Prospecting', ...change };
  return create(fields);
}

async function create(fields: object): Promise<string> {
  const play = { action: 'create', object: 'Opportunity', fields };
  const answer = (await engine.org.admin('POST', '/play', play)) as { records: { Id: string }[] };
  return answer.records[0]?.Id ?? '';
}

/** Ten polls are one look for what no registration belongs to. */
async function lookAround(): Promise<void> {
  engine.clock.advance(10 * 60_000);
  await engine.observe();
}

async function cardsOf(crmId: string): Promise<string[]> {
  const cards = await listCards(engine.db, { kind: taggedKind });
  return cards.filter((card) => card.subject === crmId).map((card) => card.plain);
}

async function entries(): Promise<number> {
  const [row] = await engine.db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM commission_entries',
  );
  return row?.count ?? -1;
}

describe('a copy of a won opportunity', () => {
  it('earns nothing when it is won, though it carries the tag, and is shown until somebody decides', async () => {
    const { crmId } = await wonDeal();
    const before = await entries();
    const copy = await clone(crmId, { Name: 'Acme (copy)' });
    expect(await opportunity(copy)).toMatchObject({ Tributary_Partner__c: 'Partner north' });
    await engine.org.play('win', copy);
    await lookAround();
    expect(await entries()).toBe(before);
    expect(await cardsOf(copy)).toEqual([
      `Opportunity ${copy} "Acme (copy)" carries the tag of a partner but no registration: it earns nothing.`,
    ]);
    // Nothing is said of the original, which has its registration.
    expect(await cardsOf(crmId)).toEqual([]);
    await engine.org.play('update', copy, {
      fields: { Tributary_Partner__c: null, Tributary_Partner_Account__c: null },
    });
    await lookAround();
    expect(await cardsOf(copy)).toEqual([]);
  });

  it('cannot take the registration along', async () => {
    const { crmId, dealId } = await wonDeal();
    await expect(clone(crmId, { Tributary_Deal_Id__c: dealId })).rejects.toThrow('DUPLICATE_VALUE');
  });

  it('is not shown again once a person has dismissed it', async () => {
    const { crmId } = await wonDeal();
    const copy = await clone(crmId);
    await lookAround();
    const dismissal = { connectionId: 'salesforce', crmId: copy, by: 'Kim' };
    expect(await dismissTagged(engine.db, dismissal, engine.clock.now())).toBe(true);
    await engine.org.play('update', copy, { fields: { NextStep: 'call' } });
    await lookAround();
    expect(await cardsOf(copy)).toEqual([]);
  });
});

describe('the rule for renewals', () => {
  it('makes a registration that waits for approval, and earns by the plan once approved and won', async () => {
    const { crmId } = await wonDeal();
    const account = (await opportunity(crmId))['AccountId'];
    const renewal = { AccountId: account, CloseDate: '2027-09-30', StageName: 'Prospecting', Amount: 2000 };
    const id = await create({
      ...renewal,
      Name: 'Acme renewal',
      CurrencyIsoCode: 'USD',
      Type: 'Existing Customer - Upgrade',
    });
    const plain = await create({
      ...renewal,
      Name: 'Acme more',
      CurrencyIsoCode: 'USD',
      Type: 'New Customer',
    });
    await lookAround();
    // Seen again after an edit it is the same registration, and the look goes on to others.
    await engine.org.play('update', id, { fields: { NextStep: 'call' } });
    await lookAround();
    const copy = await clone(crmId);
    await lookAround();
    expect(await cardsOf(copy)).toHaveLength(1);
    const found = await registrations();
    expect(found).toEqual([
      { id: expect.any(String), name: 'Acme renewal', status: 'submitted', ref: `salesforce:${id}` },
    ]);
    const dealId = found[0]?.id ?? '';
    expect(await opportunity(id)).toMatchObject({ Tributary_Deal_Id__c: null, Tributary_Partner__c: null });

    await engine.approve(dealId);
    await engine.push();
    expect(await opportunity(id)).toMatchObject({
      Name: 'Acme renewal',
      Amount: 2000,
      Tributary_Deal_Id__c: dealId,
      Tributary_Partner_Sourced__c: false,
      Tributary_Partner_Influence__c: 'renewal',
    });
    for (const won of [id, plain]) await engine.org.play('win', won);
    await engine.observe();
    // 10 % of 2,000.00, of which 30 %.
    expect(await engine.ledger(dealId)).toEqual({ sum: 6_000n, entries: 1 });
    expect((await registrations()).length).toBe(1);
  });

  async function registrations(): Promise<{ id: string; name: string; status: string; ref: string }[]> {
    return engine.db.query("SELECT id, name, status, source_ref AS ref FROM deals WHERE source = 'renewals'");
  }
});
