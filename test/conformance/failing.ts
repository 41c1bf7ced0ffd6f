import { expect, it } from '@jest/globals';
import { rejection, soon, waitSeconds, type CrmUnderTest } from './crm-under-test.ts';
import { dealsRequest, newKey, pushDeals, written } from './writing.ts';

/** What must be true of a call that did not go well. */
export function itFails(under: () => CrmUnderTest): void {
  const aDeal = (crm: CrmUnderTest, key = newKey()): ReturnType<typeof dealsRequest> =>
    dealsRequest(crm, 'upsert', [{ key, fields: crm.deals.fields(key) }]);

  it('calls a write whose answer was lost ambiguous; a look-up finds the record, and another write makes no second one', async () => {
    const crm = under();
    const key = newKey();
    const before = await crm.count(crm.deals.object);
    await crm.trouble('lost-answer');
    expect((await rejection(crm.connector.push(aDeal(crm, key), soon()))).kind).toBe('ambiguous');
    await crm.calm();
    const { object, keyField } = crm.deals;
    const found = await crm.connector.lookupByKey(object, keyField, [key, newKey()], soon());
    expect([...found.keys()]).toEqual([key]);
    const again = written((await pushDeals(crm, 'upsert', { key, fields: crm.deals.fields(key) }))[0]);
    expect(again).toMatchObject({ crmId: found.get(key), created: false });
    expect(await crm.count(object)).toBe(before + 1);
  });

  it('gives up at the deadline, and calls a write that was under way ambiguous', async () => {
    const crm = under();
    await crm.connector.identify(soon());
    await crm.trouble('silence');
    expect((await rejection(crm.connector.push(aDeal(crm), soon(400)))).kind).toBe('ambiguous');
  });

  it('sends nothing after the deadline', async () => {
    const crm = under();
    await crm.connector.identify(soon());
    await crm.forget();
    expect((await rejection(crm.connector.push(aDeal(crm), soon(-1)))).kind).toBe('unavailable');
    expect(await crm.calls()).toEqual({ api: 0, logins: 0 });
  });

  it.each([
    ['throttled', 'rate-limited'],
    ['down', 'ambiguous'],
  ] as const)('asks once when it is %s, and says %s', async (what, kind) => {
    const crm = under();
    await crm.connector.identify(soon());
    await crm.forget();
    await crm.trouble(what);
    const error = await rejection(crm.connector.push(aDeal(crm), soon()));
    expect(error.kind).toBe(kind);
    expect(error.details.retryAfterMs).toBe(what === 'throttled' ? waitSeconds * 1000 : undefined);
    expect(await crm.calls()).toEqual({ api: 1, logins: 0 });
  });

  it('renews a session that has ended once, and goes on', async () => {
    const crm = under();
    await crm.connector.identify(soon());
    await crm.trouble('session-ended');
    await crm.forget();
    expect((await crm.connector.push(aDeal(crm), soon())).map(({ status }) => status)).toEqual(['written']);
    expect(await crm.calls()).toEqual({ api: 2, logins: 1 });
  });

  it('renews no more than once when new sessions are refused as well, and blames no record', async () => {
    const crm = under();
    await crm.connector.identify(soon());
    await crm.trouble('refused-for-good');
    await crm.forget();
    const { kind } = await rejection(crm.connector.push(aDeal(crm), soon()));
    expect(kind).toBe(crm.refusedForGood);
    const { api, logins } = await crm.calls();
    expect(api).toBeLessThanOrEqual(2);
    expect(logins).toBeLessThanOrEqual(1);
  });

  it('says that the login is over when it cannot be renewed, and names the next step', async () => {
    const crm = under();
    await crm.connector.identify(soon());
    await crm.trouble('login-refused');
    await crm.forget();
    const error = await rejection(crm.connector.push(aDeal(crm), soon()));
    expect(error.kind).toBe('auth-expired');
    expect(error.details.nextStep).not.toBeUndefined();
    expect(await crm.calls()).toEqual({ api: 1, logins: 1 });
  });
}
