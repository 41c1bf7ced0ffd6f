import { salesforce } from '../../connectors/salesforce/definition.ts';
import type { ChangeHint } from '../../src/crm/connector.ts';
import { accountKey, contactKey, dealKey, openOrg, until, type TestOrg } from '../salesforce/open-org.ts';
import { waitSeconds, type CrmUnderTest, type Trouble } from './crm-under-test.ts';

const api = '^/services/data/v';
const writes = { path: 'composite/sobjects', method: 'POST,PATCH' };
const logins = { path: '^/services/oauth2/token' };
const endedSession = { kind: 'status', status: 401, code: 'INVALID_SESSION_ID' };
const refusedLogin = {
  kind: 'status',
  status: 400,
  code: 'invalid_grant',
  message: 'expired access/refresh token',
};

const faults: Readonly<Record<Exclude<Trouble, 'session-ended'>, { match: object; fault: object }>> = {
  'lost-answer': { match: writes, fault: { kind: 'reset', at: 'after-commit' } },
  silence: { match: writes, fault: { kind: 'hang', at: 'after-commit', ms: 60_000 } },
  throttled: { match: writes, fault: { kind: 'status', status: 429, retryAfter: waitSeconds } },
  down: { match: writes, fault: { kind: 'status', status: 503, html: true } },
  'login-refused': { match: logins, fault: refusedLogin },
  'refused-for-good': { match: { path: api }, fault: endedSession },
};

export async function openSalesforceCrm(): Promise<CrmUnderTest> {
  const org = await openOrg({ streamTiming: { keepaliveMs: 200, idleMs: 20_000 } });
  const kind = (object: string, keyField: string, text: string, more = {}): CrmUnderTest['deals'] => ({
    ...{ object, keyField, text },
    fields: (name) => ({ [text]: name, ...more }),
  });
  return {
    capabilities: salesforce.capabilities,
    connector: org.connector,
    deals: kind('Opportunity', dealKey, 'Name', { StageName: 'Prospecting', CloseDate: '2027-06-30' }),
    accounts: kind('Account', accountKey, 'Name'),
    contacts: { ...kind('Contact', contactKey, 'LastName'), key: (name) => name },
    refused: { StageName: 'no such stage' },
    pollPage: 2000,
    unknownId: '006000000000000AAA',
    dealsMerge: false,
    refusedForGood: 'unavailable',
    async trouble(what) {
      if (what === 'session-ended' || what === 'login-refused') await org.admin('POST', '/revoke-tokens', {});
      if (what !== 'session-ended') await org.fault(faults[what]);
    },
    calm: async () => void (await org.calm()),
    count: async (object) => ((await org.admin('GET', '/counts')) as Record<string, number>)[object] ?? 0,
    held: async (object, id, field) => (await org.record(object, id))[field],
    async calls() {
      const calls = Object.entries(await org.calls());
      const sum = (isLogin: boolean): number =>
        calls
          .filter(([path]) => path.includes('token') === isLogin)
          .reduce((all, [, count]) => all + count, 0);
      return { api: sum(false), logins: sum(true) };
    },
    forget: async () => void (await org.forget()),
    seed: (object, records) => org.seed(object, ...records),
    rep: {
      edit: async (object, id, fields) => void (await org.play('update', id, { object, fields })),
      win: async (id) => void (await org.play('win', id)),
      reopen: async (id) => void (await org.play('reopen', id)),
      remove: async (object, id) => void (await org.play('delete', id, { object })),
      merge: async (object, id, into) =>
        void (await org.admin('POST', '/merge', { object, masterId: into, losers: [id] })),
    },
    hangingOn: async (dealId) =>
      (await org.records('OpportunityContactRole'))
        .filter((role) => role['OpportunityId'] === dealId)
        .map((role) => String(role['ContactId'])),
    hear: (happens) => hear(org, happens),
    close: async () => {
      await org.connector.close();
      await org.close();
    },
  };
}

/** By the change event stream. */
async function hear(org: TestOrg, happens: () => Promise<string[]>): Promise<readonly ChangeHint[]> {
  const abort = new AbortController();
  const hints: ChangeHint[] = [];
  let positions = 0;
  const listening = org.connector.listen?.({
    ...{ position: null, positionAt: null, signal: abort.signal },
    store: async (some) => {
      hints.push(...some);
      positions += 1;
    },
    gap: () => Promise.resolve(),
  });
  // Listening from now on has begun once the first keepalive is there.
  await until(
    () => positions,
    (count) => count > 0,
  );
  const ids = await happens();
  await until(
    () => ids.filter((id) => !hints.some(({ crmId }) => crmId === id)),
    (missing) => missing.length === 0,
  );
  abort.abort();
  await listening;
  return hints;
}
