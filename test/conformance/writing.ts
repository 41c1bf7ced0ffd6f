import { expect, it } from '@jest/globals';
import type { Fields, PushRequest, RecordWrite, WriteOutcome } from '../../src/crm/connector.ts';
import { soon, type CrmUnderTest } from './crm-under-test.ts';

let counted = 0;
export const newKey = (): string => `conformance-${++counted}`;

export function dealsRequest(
  { deals }: CrmUnderTest,
  operation: PushRequest['operation'],
  records: readonly RecordWrite[],
): PushRequest {
  return { kind: 'deal', object: deals.object, keyField: deals.keyField, operation, records };
}

export async function pushDeals(
  crm: CrmUnderTest,
  operation: PushRequest['operation'],
  ...records: RecordWrite[]
): Promise<readonly WriteOutcome[]> {
  return crm.connector.push(dealsRequest(crm, operation, records), soon());
}

export function written(outcome: WriteOutcome | undefined): { crmId: string; created: boolean } {
  if (outcome?.status !== 'written') throw outcome?.error ?? new Error('no outcome');
  return outcome;
}

export async function newDeal(crm: CrmUnderTest, key = newKey(), more: Fields = {}): Promise<string> {
  const fields = { ...crm.deals.fields(`Deal ${key}`), ...more };
  return written((await pushDeals(crm, 'upsert', { key, fields }))[0]).crmId;
}

/** Creating once, updating by id, and each record for itself. */
export function itWrites(under: () => CrmUnderTest): void {
  it('takes as many records at once as its capabilities say, and answers in the order asked', async () => {
    const crm = under();
    const { writeBatch, readBatch, matchBatch } = crm.capabilities;
    const records = Array.from({ length: writeBatch }, () => {
      const key = newKey();
      return { key, fields: crm.deals.fields(key) };
    });
    const outcomes = await pushDeals(crm, 'upsert', ...records);
    expect(outcomes.map(({ key }) => key)).toEqual(records.map(({ key }) => key));
    const ids = outcomes.map((one) => written(one).crmId);
    expect(new Set(ids).size).toBe(writeBatch);
    const keys = records.map(({ key }) => key).slice(0, matchBatch);
    const { object, keyField, text } = crm.deals;
    const found = await crm.connector.lookupByKey(object, keyField, keys, soon());
    expect(keys.map((key) => found.get(key))).toEqual(ids.slice(0, matchBatch));
    const asked = ids.slice(0, readBatch).reverse();
    const read = await crm.connector.readDeals(object, asked, [text, keyField], soon());
    expect(read.map(({ crmId }) => crmId)).toEqual(asked);
    expect(read.map(({ fields }) => fields[keyField])).toEqual(keys.slice(0, readBatch).reverse());
  });

  it('creates a record once, however often it is upserted', async () => {
    const crm = under();
    const key = newKey();
    const before = await crm.count(crm.deals.object);
    const first = written((await pushDeals(crm, 'upsert', { key, fields: crm.deals.fields('first') }))[0]);
    const again = written((await pushDeals(crm, 'upsert', { key, fields: crm.deals.fields('again') }))[0]);
    expect([first.created, again.created]).toEqual([true, false]);
    expect(again.crmId).toBe(first.crmId);
    expect(await crm.count(crm.deals.object)).toBe(before + 1);
    expect(await crm.held(crm.deals.object, first.crmId, crm.deals.text)).toBe('again');
  });

  it('upserts accounts and contacts by their keys as well', async () => {
    const crm = under();
    for (const [kind, one] of [['account', crm.accounts] as const, ['contact', crm.contacts] as const]) {
      const key = kind === 'contact' ? crm.contacts.key(newKey()) : newKey();
      const records = [{ key, fields: one.fields(newKey()) }];
      const request = { ...one, kind, operation: 'upsert', records } as const;
      const first = written((await crm.connector.push(request, soon()))[0]);
      const again = written((await crm.connector.push(request, soon()))[0]);
      expect([first.created, again.created, again.crmId]).toEqual([true, false, first.crmId]);
    }
  });

  it('updates by id only what it is given, and never makes a deleted record again', async () => {
    const crm = under();
    const { object, text } = crm.deals;
    const [kept, gone] = [await newDeal(crm), await newDeal(crm)];
    await crm.rep.remove(object, gone);
    const before = await crm.count(object);
    const updates = [kept, gone, crm.unknownId].map((crmId, index) => ({
      key: `update-${index}`,
      crmId,
      fields: { [text]: 'renamed' },
    }));
    for (let times = 0; times < 2; times++) {
      const outcomes = await pushDeals(crm, 'update', ...updates);
      expect(outcomes.map((one) => (one.status === 'failed' ? one.error.kind : one.crmId))).toEqual([
        kept,
        'not-found',
        'not-found',
      ]);
    }
    expect(await crm.held(object, kept, text)).toBe('renamed');
    expect(await crm.count(object)).toBe(before);
  });

  it('lets a bad record fail alone, with a reason', async () => {
    const crm = under();
    const keys = [newKey(), newKey(), newKey()];
    const outcomes = await pushDeals(
      crm,
      'upsert',
      ...keys.map((key, index) => ({
        key,
        fields: { ...crm.deals.fields(key), ...(index === 1 ? crm.refused : {}) },
      })),
    );
    expect(outcomes.map((one) => (one.status === 'failed' ? one.error.kind : one.status))).toEqual([
      'written',
      'invalid-record',
      'written',
    ]);
    const { object, keyField } = crm.deals;
    const found = await crm.connector.lookupByKey(object, keyField, keys, soon());
    expect([...found.keys()].toSorted()).toEqual([keys[0], keys[2]].toSorted());
  });

  it('refuses a field that the CRM does not have, and says that the schema is in doubt', async () => {
    const crm = under();
    const key = newKey();
    const fields = { ...crm.deals.fields(key), tributary_never_made__c: 'x' };
    const [outcome] = await pushDeals(crm, 'upsert', { key, fields });
    const error = outcome?.status === 'failed' ? outcome.error : undefined;
    expect(error?.details).toMatchObject({ kind: 'invalid-record', schemaSuspect: true });
    expect(JSON.stringify(error?.details)).toContain('tributary_never_made__c');
  });

  it('links a deal to its customer once, however often it is asked', async () => {
    const crm = under();
    const [accountId = ''] = await crm.seed(crm.accounts.object, [crm.accounts.fields(newKey())]);
    const contact = { ...crm.contacts.fields(newKey()), [crm.contacts.keyField]: crm.contacts.key(newKey()) };
    const [contactId = ''] = await crm.seed(crm.contacts.object, [contact]);
    const wanted = { key: 'k', dealId: await newDeal(crm), accountId, contactId };
    expect(await crm.connector.link([{ ...wanted, fresh: true }], soon())).toMatchObject([
      { key: 'k', status: 'linked' },
    ]);
    const hanging = await crm.hangingOn(wanted.dealId);
    expect(hanging).toContain(contactId);
    for (let times = 0; times < 2; times++)
      expect(await crm.connector.link([{ ...wanted, fresh: false }], soon())).toMatchObject([
        { status: 'linked' },
      ]);
    expect(await crm.hangingOn(wanted.dealId)).toEqual(hanging);
  });
}
