import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signatureV3 } from '../../sandbox/hubspot/webhooks/signature.ts';
import {
  crms,
  newDeals,
  received,
  recordOf,
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
  deals = await registerAndApprove(system, newDeals(4));
  await untilMirrored(system, deals);
  await untilClean(system);
}, 240_000);
afterAll(() => system?.close());

function deal(crm: Crm, index: number): RegisteredDeal {
  const found = deals.filter((one) => one.crm === crm)[index];
  if (!found) throw new Error(`no deal ${index} of ${crm}`);
  return found;
}

async function disturb(effects: readonly string[]): Promise<void> {
  const rules = effects.map((effect) => ({ fault: { kind: 'notification', effect, probability: 1 } }));
  for (const crm of crms) await system.admin(crm).post('/faults', { rules });
}

async function calm(): Promise<void> {
  for (const crm of crms) await system.admin(crm).clearFaults();
}

async function win(won: RegisteredDeal): Promise<string> {
  const { crmId } = await recordOf(system, won);
  await system.admin(won.crm).play([{ action: 'win', id: crmId }]);
  return crmId;
}

async function untilPaid(won: RegisteredDeal): Promise<void> {
  await until(
    `the payout of ${won.ref}`,
    async () => {
      const rows = await system.db.query(
        'SELECT 1 FROM payout_triggers t JOIN payout_acknowledgements a ON a.trigger_id = t.id WHERE t.deal_id = $1',
        [won.id],
      );
      return rows.length > 0 || undefined;
    },
    20_000,
  );
}

/** How each record was heard of since the given moment, without what was heard of our own writes. */
async function heardVia(crmId: string, since: Date): Promise<Set<string>> {
  const rows = await system.db.query<{ via: string }>(
    'SELECT DISTINCT via FROM change_hints WHERE crm_id = $1 AND heard_at > $2',
    [crmId, since],
  );
  return new Set(rows.map(({ via }) => via));
}

describe('wins in both CRMs', () => {
  it('are heard at once where the CRM tells of them', async () => {
    const since = new Date();
    const ids = { salesforce: await win(deal('salesforce', 0)), hubspot: await win(deal('hubspot', 0)) };
    for (const crm of crms) await untilPaid(deal(crm, 0));
    expect(await heardVia(ids.salesforce, since)).toContain('stream');
    expect(await heardVia(ids.hubspot, since)).toContain('webhook');
  }, 240_000);

  it('are found by the poll when every notification is lost', async () => {
    await untilClean(system);
    await disturb(['drop']);
    const since = new Date();
    const ids = { salesforce: await win(deal('salesforce', 1)), hubspot: await win(deal('hubspot', 1)) };
    for (const crm of crms) await untilPaid(deal(crm, 1));
    // On a loaded machine a read that was due anyway may come before the poll; a notification never may.
    for (const crm of crms)
      expect([...(await heardVia(ids[crm], since))].filter((via) => via !== 'poll')).toEqual([]);
    await calm();
  }, 240_000);

  it('are paid once when every notification comes twice and out of order', async () => {
    await disturb(['duplicate', 'reorder']);
    for (const crm of crms) {
      const { crmId } = await recordOf(system, deal(crm, 2));
      await system.admin(crm).play([
        {
          action: 'update',
          id: crmId,
          fields: crm === 'salesforce' ? { NextStep: 'Call' } : { description: 'Call' },
        },
        { action: 'win', id: crmId },
      ]);
    }
    for (const crm of crms) await untilPaid(deal(crm, 2));
    await untilClean(system);
    await calm();
    for (const crm of crms) {
      const { id } = deal(crm, 2);
      const messages = (await received(system)).filter(({ dealId }) => dealId === id);
      expect(messages.map(({ type }) => type).sort()).toEqual(['commission.accrued', 'payout.triggered']);
    }
  }, 240_000);
});

describe('a forged notification of a win', () => {
  it('with a wrong, old or missing signature is refused and not even kept', async () => {
    const { crmId } = await recordOf(system, deal('hubspot', 3));
    const body = winEvent(crmId);
    const now = Date.now();
    const before = await inbox();
    expect(await notify(body, String(now), sign(body, String(now), 'not-the-secret'))).toBe(401);
    const old = String(now - 6 * 60_000);
    expect(await notify(body, old, sign(body, old))).toBe(401);
    expect(await notify(body, String(now), '')).toBe(401);
    expect(await notify(`${body} `, String(now), sign(body, String(now)))).toBe(401);
    expect(await inbox()).toBe(before);
  });

  it('with the right signature makes Tributary look, and pays nothing for a record that is still open', async () => {
    const target = deal('hubspot', 3);
    const { crmId } = await recordOf(system, target);
    const body = winEvent(crmId);
    const now = String(Date.now());
    const since = new Date();
    expect(await notify(body, now, sign(body, now))).toBe(204);
    await until('looked at', async () => (await heardVia(crmId, since)).has('webhook') || undefined, 10_000);
    await untilClean(system);
    const rows = await system.db.query(
      'SELECT 1 FROM won_epochs WHERE deal_id = $1 UNION ALL SELECT 1 FROM commission_entries WHERE deal_id = $1',
      [target.id],
    );
    expect(rows).toEqual([]);
    expect((await received(system)).filter(({ dealId }) => dealId === target.id)).toEqual([]);
  }, 240_000);
});

function winEvent(crmId: string): string {
  const { portalId, appId } = hubspotCredentials();
  const event = {
    eventId: Date.now(),
    subscriptionId: 1,
    portalId: Number(portalId),
    appId: Number(appId),
    occurredAt: Date.now(),
    subscriptionType: 'deal.propertyChange',
    attemptNumber: 0,
    objectId: Number(crmId),
    propertyName: 'dealstage',
    propertyValue: 'closedwon',
    changeSource: 'CRM_UI',
  };
  return JSON.stringify([event]);
}

function hubspotCredentials(): NonNullable<RunningSystem['crms']['hubspot']>['credentials'] {
  const credentials = system.crms.hubspot?.credentials;
  if (!credentials) throw new Error('no local HubSpot');
  return credentials;
}

function address(): string {
  return `${system.url}/v1/webhooks/crm/hubspot`;
}

function sign(body: string, timestamp: string, secret = hubspotCredentials().clientSecret): string {
  return signatureV3(secret, { method: 'POST', uri: address(), body }, timestamp);
}

async function notify(body: string, timestamp: string, signature: string): Promise<number> {
  const answer = await fetch(address(), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'X-HubSpot-Request-Timestamp': timestamp,
      ...(signature === '' ? {} : { 'X-HubSpot-Signature-v3': signature }),
    },
    body,
  });
  return answer.status;
}

async function inbox(): Promise<number> {
  return (await system.db.query('SELECT 1 FROM inbox_messages')).length;
}
