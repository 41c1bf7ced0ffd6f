import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { PushRequest, WriteOutcome } from '../../src/crm/connector.ts';
import {
  accountKey,
  dealKey,
  opportunity,
  openOrg,
  within,
  type TestOrg,
} from '../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());
afterEach(() => org.calm());

function upsert(records: PushRequest['records'], object = 'Opportunity', keyField = dealKey): PushRequest {
  return { kind: 'deal', object, keyField, operation: 'upsert', records };
}

function update(records: PushRequest['records']): PushRequest {
  return { kind: 'deal', object: 'Opportunity', keyField: dealKey, operation: 'update', records };
}

function written(outcome: WriteOutcome | undefined): Extract<WriteOutcome, { status: 'written' }> {
  if (outcome?.status !== 'written')
    throw new Error(`not written: ${outcome?.error.message ?? 'no outcome'}`);
  return outcome;
}

function failed(outcome: WriteOutcome | undefined): Extract<WriteOutcome, { status: 'failed' }>['error'] {
  if (outcome?.status !== 'failed') throw new Error('not failed');
  return outcome.error;
}

async function create(key: string, fields = opportunity()): Promise<string> {
  const [outcome] = await org.connector.push(upsert([{ key, fields }]), within());
  return written(outcome).crmId;
}

describe('push', () => {
  it('writes 200 records in one call and says which it created', async () => {
    const existing = await create('batch-7');
    await org.forget();
    const records = Array.from({ length: 200 }, (_record, index) => ({
      key: `batch-${index}`,
      fields: opportunity(),
    }));
    const outcomes = await org.connector.push(upsert(records), within());
    expect(outcomes.map(({ key }) => key)).toEqual(records.map(({ key }) => key));
    expect(outcomes.every(({ status }) => status === 'written')).toBe(true);
    expect(
      outcomes.filter((outcome) => !written(outcome).created).map((outcome) => written(outcome).crmId),
    ).toEqual([existing]);
    expect(await org.calls()).toEqual({ 'PATCH /composite/sobjects/Opportunity/{extField}': 1 });
  });

  it('carries an amount to the cent and travels under our client name', async () => {
    const crmId = await create('exact', opportunity({ Amount: '9007199254740.99' }));
    expect(await org.admin('GET', `/records/Opportunity/${crmId}`)).toMatchObject({
      Amount: 9007199254740.99,
    });
    const writes = (await org.admin('GET', '/writes?object=Opportunity')) as { id: string; client: string }[];
    expect(writes.find(({ id }) => id === crmId)?.client).toBe('tributary');
  });

  it('lets the good records through when some are refused, each with its reason', async () => {
    const outcomes = await org.connector.push(
      upsert([
        { key: 'good', fields: opportunity() },
        { key: 'no-date', fields: { Name: 'x', StageName: 'Prospecting' } },
        { key: 'long', fields: opportunity({ Name: 'x'.repeat(121) }) },
        { key: 'stage', fields: opportunity({ StageName: 'No such stage' }) },
        { key: 'field', fields: opportunity({ Unknown__c: 1 }) },
      ]),
      within(),
    );
    expect(written(outcomes[0]).created).toBe(true);
    const errors = outcomes.slice(1).map((outcome) => failed(outcome));
    expect(errors.map(({ kind }) => kind)).toEqual(Array(4).fill('invalid-record'));
    expect(errors[0]?.details).toMatchObject({ vendorCode: 'REQUIRED_FIELD_MISSING', fields: ['CloseDate'] });
    expect(errors[1]?.details.vendorCode).toBe('STRING_TOO_LONG');
    expect(errors[2]?.details.vendorCode).toBe('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST');
  });

  it('updates by id and never recreates a deleted record', async () => {
    const [kept, gone] = [await create('kept'), await create('gone')];
    await org.play('delete', gone);
    const outcomes = await org.connector.push(
      update([
        { key: 'kept', crmId: kept, fields: { Name: 'renamed' } },
        { key: 'gone', crmId: gone, fields: { Name: 'renamed' } },
        { key: 'never', crmId: '006000000000000AAA', fields: { Name: 'renamed' } },
      ]),
      within(),
    );
    expect(written(outcomes[0])).toMatchObject({ crmId: kept, created: false });
    expect(failed(outcomes[1]).kind).toBe('not-found');
    expect(failed(outcomes[2]).kind).toBe('not-found');
    expect(await org.admin('GET', `/records/Opportunity/${kept}`)).toMatchObject({
      Name: 'renamed',
      StageName: 'Prospecting',
    });
  });

  it('does not take a missing account for a missing deal', async () => {
    const fields = opportunity({ AccountId: '001000000000000AAA' });
    const [outcome] = await org.connector.push(upsert([{ key: 'orphan', fields }]), within());
    expect(failed(outcome).kind).toBe('invalid-record');
  });

  it('names the record that already has a unique value', async () => {
    const [taken] = await org.seed('Account', { Name: 'Taken', [accountKey]: 'taken' });
    const [other] = await org.seed('Account', { Name: 'Other' });
    const request = {
      kind: 'account',
      object: 'Account',
      keyField: accountKey,
      operation: 'update',
    } as const;
    const records = [{ key: 'taken', crmId: other ?? '', fields: { [accountKey]: 'taken' } }];
    const error = failed((await org.connector.push({ ...request, records }, within()))[0]);
    expect(error.kind).toBe('duplicate');
    expect(error.details.existingIds).toEqual([taken]);
  });

  it('keeps hostile keys and texts as they are', async () => {
    const key = `a/b c?d#e%27 "q" \\ ' 日本🚀`;
    const crmId = await create(key, opportunity({ Name: `O'Neil "&" <b> \\ 100% 日本🚀` }));
    expect(await org.admin('GET', `/records/Opportunity/${crmId}`)).toMatchObject({
      [dealKey]: key,
      Name: `O'Neil "&" <b> \\ 100% 日本🚀`,
    });
    expect((await org.connector.lookupByKey('Opportunity', dealKey, [key], within())).get(key)).toBe(crmId);
  });

  it('marks a locked record as worth another try, alone', async () => {
    const code = 'UNABLE_TO_LOCK_ROW';
    await org.fault({ when: { times: 1 }, fault: { kind: 'partial', code, probability: 0.5 } });
    const records = Array.from({ length: 40 }, (_record, index) => ({
      key: `lock-${index}`,
      fields: opportunity(),
    }));
    const outcomes = await org.connector.push(upsert(records), within());
    const kinds = outcomes.map((outcome) => (outcome.status === 'written' ? 'written' : outcome.error.kind));
    expect(new Set(kinds)).toEqual(new Set(['written', 'unavailable']));
  });

  it('refuses more records than one call takes, and names that are no field', async () => {
    const records = Array.from({ length: 201 }, (_record, index) => ({ key: `${index}`, fields: {} }));
    await expect(org.connector.push(upsert(records), within())).rejects.toMatchObject({ kind: 'bug' });
    const bad = upsert([{ key: 'x', fields: {} }], 'Opportunity', 'Id/../../x');
    await expect(org.connector.push(bad, within())).rejects.toMatchObject({ kind: 'bug', name: 'SyncError' });
  });

  it('takes a missing key field for a fault of the org, never for a deleted deal', async () => {
    const request = upsert([{ key: 'x', fields: opportunity() }], 'Opportunity', 'Nowhere__c');
    await expect(org.connector.push(request, within())).rejects.toMatchObject({ kind: 'invalid-record' });
  });
});

describe('a write without a conclusive answer', () => {
  const endpoint = 'PATCH /composite/sobjects/Opportunity/{extField}';
  const once = (fault: object) => org.fault({ match: { endpoint }, when: { times: 1 }, fault });

  it('is ambiguous after a reset, sent once, and found by its key if it was committed', async () => {
    await once({ kind: 'reset', at: 'after-commit' });
    await org.forget();
    const request = upsert([{ key: 'lost-answer', fields: opportunity() }]);
    await expect(org.connector.push(request, within())).rejects.toMatchObject({ kind: 'ambiguous' });
    expect((await org.calls())[endpoint]).toBe(1);
    expect((await org.connector.lookupByKey('Opportunity', dealKey, ['lost-answer'], within())).size).toBe(1);
  });

  it('is ambiguous after a reset before the commit as well, and then not found', async () => {
    await once({ kind: 'reset', at: 'before-commit' });
    const request = upsert([{ key: 'lost-request', fields: opportunity() }]);
    await expect(org.connector.push(request, within())).rejects.toMatchObject({ kind: 'ambiguous' });
    expect((await org.connector.lookupByKey('Opportunity', dealKey, ['lost-request'], within())).size).toBe(
      0,
    );
  });

  it('is ambiguous when the deadline passes, at the deadline', async () => {
    await once({ kind: 'hang', at: 'after-commit', ms: 3000 });
    const began = performance.now();
    const request = upsert([{ key: 'slow', fields: opportunity() }]);
    await expect(org.connector.push(request, within(400))).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(performance.now() - began).toBeLessThan(2500);
  });

  it('is ambiguous when the caller gives up meanwhile', async () => {
    await once({ kind: 'hang', at: 'before-commit', ms: 3000 });
    const given = new AbortController();
    setTimeout(() => given.abort(), 100);
    const request = upsert([{ key: 'cancelled', fields: opportunity() }]);
    const push = org.connector.push(request, { ...within(), signal: given.signal });
    await expect(push).rejects.toMatchObject({ kind: 'ambiguous' });
  });

  it.each([
    [500, false],
    [502, true],
    [503, false],
    [504, true],
  ])('is ambiguous after HTTP %i (HTML: %s)', async (status, html) => {
    await once({ kind: 'status', status, html });
    await org.forget();
    const request = upsert([{ key: `http-${status}`, fields: opportunity() }]);
    await expect(org.connector.push(request, within())).rejects.toMatchObject({ kind: 'ambiguous' });
    expect((await org.calls())[endpoint]).toBe(1);
  });

  it('is conclusive when it never left: deadline already over, or nobody listening', async () => {
    const request = upsert([{ key: 'unsent', fields: opportunity() }]);
    await expect(org.connector.push(request, within(-1))).rejects.toMatchObject({ kind: 'unavailable' });
    const nowhere = org.connect({ settings: { loginUrl: 'http://127.0.0.1:1' } });
    await expect(nowhere.push(request, within())).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('limits', () => {
  it('tells a used-up day from a busy moment', async () => {
    const request = upsert([{ key: 'limited', fields: opportunity() }]);
    const status = (fault: object) => org.fault({ when: { times: 1 }, fault: { kind: 'status', ...fault } });
    await status({ status: 403, code: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' });
    await expect(org.connector.push(request, within())).rejects.toMatchObject({ kind: 'quota-exhausted' });
    await status({ status: 403, retryAfter: 2 });
    await expect(org.connector.push(request, within())).rejects.toMatchObject({
      kind: 'rate-limited',
      details: { retryAfterMs: 2000 },
    });
    await status({ status: 429 });
    await expect(org.connector.push(request, within())).rejects.toMatchObject({ kind: 'rate-limited' });
  });
});
