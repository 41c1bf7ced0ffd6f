/** What marks a deal as a partner's in HubSpot: the label of the partner's company, and the note for the rep. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LinkWanted } from '../../../src/crm/connector.ts';
import type { DealNote } from '../../../src/crm/tags.ts';
import { startHubspotSandbox, type HubspotSandbox } from '../../../sandbox/hubspot/start.ts';
import { manualClock } from '../../../src/platform/clock.ts';
import { soon } from '../../../test/conformance/crm-under-test.ts';
import type { Connector } from '../../../src/crm/connector.ts';
import { hubspot } from '../definition.ts';

let sandbox: HubspotSandbox;
let connector: Connector;
const logged: string[] = [];
const clock = manualClock(new Date('2026-11-23T10:00:00Z'));
beforeAll(async () => {
  sandbox = await startHubspotSandbox({
    ...{ port: 0, preset: 'fresh' },
    ...{ rateLimit: 'off', searchLagMs: 0 },
  });
  connector = hubspot.open({
    connectionId: 'test',
    settings: hubspot.settings.parse({ baseUrl: sandbox.url, sandbox: true }),
    credentials: { accessToken: sandbox.credentials.privateAppToken },
    saveCredentials: () => Promise.resolve(),
    clock,
    log: { debug: () => {}, info: () => {}, warn: (_about, message) => void logged.push(message) },
  });
});
afterEach(() => admin('DELETE', '/faults'));
afterAll(async () => {
  await connector.close();
  await sandbox.close();
});

async function admin(method: string, path: string, body?: unknown): Promise<unknown> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const answer = await fetch(sandbox.adminUrl + path, init);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

async function seed(object: string, record: object): Promise<string> {
  const { ids } = (await admin('POST', '/seed', { object, records: [record] })) as { ids: string[] };
  return ids[0] ?? '';
}

interface Shown {
  properties: Record<string, string>;
  associations: Record<string, { id: string; typeIds: number[] }[]>;
}
const record = async (object: string, id: string): Promise<Shown> =>
  (await admin('GET', `/records/${object}/${id}`)) as Shown;

async function wanted(more: Partial<LinkWanted> = {}): Promise<LinkWanted & { partnerAccountId: string }> {
  const deal = { dealname: 'Deal', pipeline: 'default', dealstage: 'appointmentscheduled' };
  const dealId = await seed('deals', deal);
  const accountId = await seed('companies', { name: 'Customer' });
  const partnerAccountId = await seed('companies', { name: 'Partner' });
  return { key: 'k', dealId, accountId, partnerAccountId, fresh: true, ...more };
}

const typesOf = async ({ dealId }: LinkWanted, company: string): Promise<number[] | undefined> =>
  (await record('deals', dealId)).associations['companies']
    ?.find(({ id }) => id === company)
    ?.typeIds.toSorted((a, b) => a - b);

async function makeLabel(): Promise<number> {
  const answer = await fetch(`${sandbox.url}/crm/v4/associations/deals/companies/labels`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${sandbox.credentials.privateAppToken}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      name: 'tributary_partner_of_record',
      label: 'Partner of record',
      inverseLabel: 'Partner of record for',
    }),
  });
  const { results } = (await answer.json()) as { results: { typeId: number }[] };
  return results[0]?.typeId ?? 0;
}

describe('the label "Partner of record"', () => {
  it('is put beside the plain association once the portal has it, once, and takes no primary company away', async () => {
    const one = await wanted();
    const partners = { ...{ campaigns: [], users: [], roles: [], note: false }, partnerAccountField: false };
    const asked = { ...partners, children: ['partner'] as const };
    expect((await connector.resolveNames?.(asked, soon()))?.faults).toMatchObject([
      { field: 'tags.partners' },
    ]);
    await connector.link([one], soon());
    expect(await typesOf(one, one.partnerAccountId)).toEqual([341]);
    const label = await makeLabel();
    clock.advance(11 * 60_000);
    expect((await connector.resolveNames?.(asked, soon()))?.faults).toEqual([]);
    for (let times = 0; times < 2; times++)
      expect(await connector.link([{ ...one, fresh: false }], soon())).toEqual([
        { key: 'k', status: 'linked' },
      ]);
    expect(await typesOf(one, one.partnerAccountId)).toEqual([341, label]);
    expect(await typesOf(one, one.accountId)).toEqual([5, 341]);
  });

  it('that HubSpot does not show us is named as that, with the scope, and deals are linked without it', async () => {
    const one = await wanted();
    const body = {
      status: 'error',
      category: 'MISSING_SCOPES',
      message: 'This app hasn’t been granted all required scopes to make this call.',
      errors: [{ message: 'x', context: { requiredGranularScopes: ['crm.schemas.deals.read'] } }],
    };
    await admin('POST', '/faults', {
      rules: [{ match: { path: '/labels$' }, fault: { kind: 'status', status: 403, body } }],
    });
    clock.advance(11 * 60_000);
    const asked = { campaigns: [], users: [], roles: [], note: false, partnerAccountField: false };
    const found = await connector.resolveNames?.({ ...asked, children: ['partner'] }, soon());
    expect(found?.faults).toMatchObject([
      { field: 'tags.partners', problem: expect.stringContaining('crm.schemas.deals.read') },
    ]);
    expect(await connector.link([one], soon())).toEqual([{ key: 'k', status: 'linked' }]);
    expect(logged).toEqual([expect.stringContaining('without the label')]);
    clock.advance(11 * 60_000);
  });

  it('is put on the customer, too, where partner and customer are one company', async () => {
    const one = await wanted();
    const [outcome] = await connector.link([{ ...one, partnerAccountId: one.accountId }], soon());
    expect(outcome?.status).toBe('linked');
    expect(await typesOf(one, one.accountId)).toEqual([5, 341, expect.any(Number)]);
  });
});

describe('the note for the rep', () => {
  const note = (text: string, more: Partial<DealNote> = {}): { note: DealNote; ours: never } => ({
    note: { title: 'Partner deal <7>', text, object: 'notes', ...more },
    ours: { partner: [], 'deal-team': [] } as never,
  });
  const notesOn = async ({ dealId }: LinkWanted): Promise<string[]> =>
    ((await record('deals', dealId)).associations['notes'] ?? []).map(({ id }) => id);

  it('is made once, found again after a lost answer, kept current, and not forced upon whoever deleted it', async () => {
    const one = await wanted();
    await admin('POST', '/faults', {
      rules: [{ match: { path: 'notes/batch/create' }, fault: { kind: 'reset', at: 'after-commit' } }],
    });
    const [lost] = await connector.link([{ ...one, tags: note('a & b') }], soon());
    expect(lost).toMatchObject({ status: 'failed', error: { kind: 'ambiguous' } });
    await admin('DELETE', '/faults');
    const [crmId = ''] = await notesOn(one);
    const known = { status: 'linked', tags: { note: { crmId } } };
    expect(await connector.link([{ ...one, fresh: false, tags: note('a & b') }], soon())).toMatchObject([
      known,
    ]);
    const again = { ...one, fresh: false, tags: note('new\ntext', { crmId }) };
    expect(await connector.link([again], soon())).toMatchObject([known]);
    expect(await notesOn(one)).toEqual([crmId]);
    expect((await record('notes', crmId)).properties['hs_note_body']).toBe(
      '<p><strong>Partner deal &lt;7&gt;</strong></p><p>new</p><p>text</p>',
    );
    await admin('POST', '/play', [{ action: 'delete', object: 'notes', id: crmId }]);
    expect(await connector.link([again], soon())).toMatchObject([
      { status: 'linked', tags: { note: 'gone' } },
    ]);
    expect(await notesOn(one)).toEqual([crmId]);
    const [gone] = (await connector.readRecords?.('notes', [crmId], [], soon())) ?? [];
    expect(gone?.deleted).toBe(true);
  });

  it('is another one beside what a person wrote under the same words', async () => {
    const one = await wanted();
    const theirs = { hs_note_body: 'Partner deal &lt;7&gt;', hs_timestamp: '2026-11-01T00:00:00Z' };
    await seed('notes', { ...theirs, associations: { deals: [one.dealId] } });
    await connector.link([{ ...one, fresh: false, tags: note('ours') }], soon());
    expect(await notesOn(one)).toHaveLength(2);
  });
});
