import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fitMapping } from '../../src/mapping/fit.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';

const file = fileURLToPath(new URL('../../mappings/salesforce/mapping.yaml', import.meta.url));

describe('an org with multi-currency', () => {
  let org: TestOrg;
  beforeAll(async () => {
    org = await openOrg();
  });
  afterAll(() => org.close());

  it('describes its fields: type, length, writable, unique, values', async () => {
    const { fields } = await org.connector.describe('Opportunity', within());
    expect(fields.get('Tributary_Deal_Id__c')).toMatchObject({
      type: 'string',
      unique: true,
      createable: true,
      length: 64,
    });
    expect(fields.get('Amount')).toMatchObject({ type: 'number', updateable: true });
    expect(fields.get('IsWon')).toMatchObject({ type: 'boolean', createable: false, updateable: false });
    expect(fields.get('CloseDate')).toMatchObject({ type: 'date', required: true });
    expect(fields.get('StageName')?.allowedValues).toContain('Closed Won');
    expect(fields.get('CurrencyIsoCode')).toBeDefined();
  });

  it('fits the default mapping without a fault', async () => {
    const names = ['Opportunity', 'Account', 'Contact'];
    const objects = await Promise.all(names.map((name) => org.connector.describe(name, within())));
    const fitted = fitMapping(
      await loadMapping(file, 'salesforce'),
      new Map(objects.map((one) => [one.object, one])),
    );
    expect(fitted.faults).toEqual([]);
    expect(fitted.absent).toEqual([]);
  });

  it('lists its active stages in order, with what they mean', async () => {
    const stages = await org.connector.stages(within());
    expect(stages[0]).toMatchObject({ closed: false, won: false });
    expect(stages.filter((stage) => stage.won)).toHaveLength(1);
    expect(stages.map((stage) => stage.order)).toEqual(
      stages.map((stage) => stage.order).sort((a, b) => a - b),
    );
  });

  it('refuses an object that does not exist, with what to do', async () => {
    await expect(org.connector.describe('Nowhere__c', within())).rejects.toMatchObject({
      kind: 'invalid-record',
      stage: 'describe',
    });
  });
});

describe('an org with one currency', () => {
  let org: TestOrg;
  beforeAll(async () => {
    org = await openOrg({ preset: 'single-currency' });
  });
  afterAll(() => org.close());

  it('must be told which', async () => {
    await expect(org.connector.identify(within())).rejects.toMatchObject({ kind: 'invalid-record' });
    const told = await org.connect({ settings: { currency: 'GBP' } }).identify(within());
    expect(told.currency).toBe('GBP');
  });

  it('has no currency field, and its deals are read without one', async () => {
    const { fields } = await org.connector.describe('Opportunity', within());
    expect(fields.has('CurrencyIsoCode')).toBe(false);
    const [id = ''] = await org.seed('Opportunity', {
      Name: 'x',
      StageName: 'Prospecting',
      CloseDate: '2026-06-30',
      Amount: 5,
    });
    const [deal] = await org.connector.readDeals('Opportunity', [id], ['Amount'], within());
    expect(deal?.stageHistory).toMatchObject([{ amount: '5', currency: null }]);
  });
});
