import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from 'jsforce';
import { listCards, type StoredCard } from '../../src/platform/cards/cards.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { observeRecords } from '../../workers/observe-records.ts';
import { addDealRows, addMirrorRows, addPartnerRow, readMirror, type MirrorRow } from '../fixtures/rows.ts';
import { connectOrg, type ConnectedOrg } from './connected-org.ts';
import { dealKey } from './open-org.ts';

const shipped = path.resolve(import.meta.dirname, '../../mappings/salesforce/mapping.yaml');
const tier = 'Tributary_Partner_Tier__c';

let system: ConnectedOrg;
let admin: Connection;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'drift-'));
  // The shipped mapping, with one fixed value of a restricted picklist and one field that is only written at creation.
  const rows = `    - { to: Route__c, value: Partner, when: create }
    - { to: Origin__c, from: deal.source, when: create }
`;
  const text = readFileSync(shipped, 'utf8').replace('  read:\n', `${rows}  read:\n`);
  writeFileSync(path.join(folder, 'salesforce.yaml'), text);
  system = await connectOrg({ mappingDir: folder, schemaWatchMs: 0 });
  admin = await adminOf(system);
  await create(routes('Partner', 'Direct'), text50('Origin__c'));
}, 60_000);
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function adminOf({ org }: ConnectedOrg): Promise<Connection> {
  const { clientId, clientSecret } = org.sandbox.credentials;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const answer = await fetch(`${org.sandbox.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { access_token: accessToken } = (await answer.json()) as { access_token: string };
  return new Connection({ instanceUrl: org.sandbox.url, accessToken, version: '62.0' });
}

function routes(...values: string[]): object {
  const value = values.map((name) => ({ fullName: name, label: name, default: false }));
  return {
    fullName: 'Opportunity.Route__c',
    label: 'Route',
    type: 'Picklist',
    valueSet: { restricted: true, valueSetDefinition: { sorted: false, value } },
  };
}

function text50(name: string): object {
  return { fullName: `Opportunity.${name}`, label: name, type: 'Text', length: 50 };
}

/** Fields as an administrator makes them: visible to the integration user's profile. */
async function create(...fields: object[]): Promise<void> {
  await succeed(admin.metadata.create('CustomField', fields as never));
  for (const field of fields) await show((field as { fullName: string }).fullName, true);
}

async function remove(field: string): Promise<void> {
  await succeed(admin.metadata.delete('CustomField', `Opportunity.${field}`));
}

async function show(field: string, visible: boolean): Promise<void> {
  const fieldPermissions = [{ field, readable: visible, editable: visible }];
  await succeed(admin.metadata.update('Profile', { fullName: 'Admin', fieldPermissions } as never));
}

async function succeed(change: Promise<unknown>): Promise<void> {
  const results = [await change].flat() as { success: boolean; errors?: unknown }[];
  for (const result of results) if (!result.success) throw new Error(JSON.stringify(result));
}

/** New approved deals, due to be created in the org. */
async function newDeals(count: number, change: Record<string, unknown> = {}): Promise<string[]> {
  const deals = await addDealRows(system.db, await addPartnerRow(system.db), count, () => ({
    crm_of_record: system.connectionId,
    expected_close_date: '2026-12-31',
    ...change,
  }));
  await system.db.query(
    `INSERT INTO crm_references (connection_id, kind, key, facts, crm_id, state, updated_at)
     VALUES ($1, 'account', 'domain:acme.com', '{}', $2, 'resolved', now()) ON CONFLICT DO NOTHING`,
    [system.connectionId, await account()],
  );
  await addMirrorRows(system.db, system.connectionId, deals, () => ({ due_at: system.clock.now() }));
  return deals;
}

let acme: string | undefined;
async function account(): Promise<string> {
  acme ??= (await system.org.seed('Account', { Name: 'Acme Ltd' }))[0] ?? '';
  return acme;
}

async function push(): Promise<void> {
  await drainConnection(system.context(), { connectionId: system.connectionId });
}

async function observe(): Promise<void> {
  system.clock.advance(5_000);
  await observeRecords(system.context(), { connectionId: system.connectionId });
}

/** What the process does every few minutes: looks whether the org is still as it was. */
async function look(): Promise<void> {
  system.clock.advance(1_000);
  await system.wiring.open(system.connectionId);
}

async function opportunity(dealId: string | undefined): Promise<Record<string, unknown> | undefined> {
  return (await system.org.records('Opportunity')).find((record) => record[dealKey] === dealId);
}

async function mirror(dealId: string | undefined): Promise<MirrorRow> {
  return readMirror(system.db, system.connectionId, dealId);
}

async function openCards(): Promise<StoredCard[]> {
  return listCards(system.db, { connectionId: system.connectionId, kind: 'mapping-row' });
}

/** Changes of the deal that a person made in the partner programme: it is due again. */
async function touch(dealId: string | undefined, tierName: string): Promise<void> {
  await system.db.query(
    `INSERT INTO partner_tiers (partner_id, tier, effective_from, recorded_at)
     SELECT partner_id, $2, '2020-01-01', now() FROM deals WHERE id = $1
     ON CONFLICT (partner_id, effective_from) DO UPDATE SET tier = excluded.tier`,
    [dealId, tierName],
  );
  await system.db.query(
    `UPDATE mirrors SET state = 'due', due_at = $2, desired_version = desired_version + 1 WHERE deal_id = $1`,
    [dealId, system.clock.now()],
  );
}

describe('an org that changes', () => {
  it('is asked cheaply: nothing changed, no body', async () => {
    await look();
    await system.org.admin('POST', '/clock', { advanceMs: 10_000 });
    await look();
    await system.org.admin('POST', '/requests/bodies', { keep: 50 });
    await look();
    const summary = (await system.org.admin('GET', '/requests')) as { endpoint: string; status: number }[];
    const describes = summary.filter(({ endpoint }) => endpoint.endsWith('Opportunity/describe'));
    expect(describes.at(-1)?.status).toBe(304);
    expect(await openCards()).toEqual([]);
  });

  it('a field that was hidden pauses its row alone: deals go on without it, and get it when it is back', async () => {
    const [before] = await newDeals(1);
    await push();
    await show(`Opportunity.Origin__c`, false);
    await look();
    const [card] = await openCards();
    expect(card).toMatchObject({
      subject: 'Opportunity.Origin__c (write)',
      plain: expect.stringMatching(/does not exist or is not visible .*mirrored without it meanwhile/),
      alerts: false,
    });
    const during = await newDeals(2);
    await push();
    for (const id of during) {
      expect((await mirror(id)).state).toBe('mirrored');
      expect((await opportunity(id))?.['Name']).toBeDefined();
      expect((await opportunity(id))?.['Origin__c'] ?? null).toBeNull();
    }
    await look();
    expect((await openCards())[0]?.details).toMatchObject({ deals: 2 });
    // A rep, who sees the field, fills it in one of the two meanwhile.
    await system.org.play('update', String((await opportunity(during[1]))?.['Id']), {
      fields: { Origin__c: 'the rep' },
    });

    await show(`Opportunity.Origin__c`, true);
    await look();
    expect(await openCards()).toEqual([]);
    await system.org.forget();
    await push();
    expect((await opportunity(before))?.['Origin__c']).toBe('test');
    expect((await opportunity(during[0]))?.['Origin__c']).toBe('test');
    expect((await opportunity(during[1]))?.['Origin__c']).toBe('the rep');
    expect(await system.db.query('SELECT * FROM owed_fields')).toEqual([]);
  });

  it('a value that left its picklist pauses the row that sends it; a refusal is enough to notice', async () => {
    const slow = await connectedAgain();
    await newDeals(1);
    await drainConnection(slow.context, { connectionId: system.connectionId });
    await succeed(admin.metadata.update('CustomField', [routes('Direct')] as never));
    const [deal] = await newDeals(1);
    // Known from a description that is minutes old: the org refuses, it is described again, the deal goes without.
    await drainConnection(slow.context, { connectionId: system.connectionId });
    expect((await mirror(deal)).state).toBe('due');
    system.clock.advance(60_000);
    await drainConnection(slow.context, { connectionId: system.connectionId });
    expect((await mirror(deal)).state).toBe('mirrored');
    expect((await openCards())[0]).toMatchObject({
      subject: 'Opportunity.Route__c (write)',
      plain: expect.stringContaining('"Partner" is not among the values the picklist accepts'),
    });
    await succeed(admin.metadata.update('CustomField', [routes('Direct', 'Partner')] as never));
    await look();
    await push();
    expect((await opportunity(deal))?.['Route__c']).toBe('Partner');
    expect(await openCards()).toEqual([]);
    await slow.close();
  });

  it('a removed field of ours is put right on every deal when it is made again', async () => {
    const [[untouched], [changed]] = [await newDeals(1), await newDeals(1)];
    await push();
    await observe();
    for (const id of [untouched, changed]) await touch(id, 'Gold');
    await push();
    await observe();
    expect((await opportunity(untouched))?.[tier]).toBe('Gold');
    await remove(tier);
    await look();
    await touch(changed, 'Silver');
    await push();
    expect((await mirror(changed)).state).toBe('mirrored');
    await create({ ...text50(tier), length: 80 });
    await look();
    for (let round = 0; round < 3; round += 1) {
      await push();
      await observe();
    }
    expect((await opportunity(untouched))?.[tier]).toBe('Gold');
    expect((await opportunity(changed))?.[tier]).toBe('Silver');
    expect(await openCards()).toEqual([]);
  });

  it('without the key new deals wait with the reason, at no write, and go on by themselves', async () => {
    const [known] = await newDeals(1);
    await push();
    await show(`Opportunity.${dealKey}`, false);
    await look();
    expect((await openCards())[0]).toMatchObject({
      subject: `Opportunity.${dealKey} (key)`,
      alerts: true,
    });
    const waiting = await newDeals(2);
    await touch(known, 'Platinum');
    await push();
    expect((await mirror(known)).state).toBe('mirrored');
    for (const id of waiting)
      expect(await mirror(id)).toMatchObject({
        state: 'due',
        attempts: 0,
        crm_id: null,
        last_error: {
          kind: 'mapping-paused',
          plain: expect.stringContaining(`Waits for Opportunity.${dealKey}`),
        },
      });
    expect(await opportunity(waiting[0])).toBeUndefined();
    await show(`Opportunity.${dealKey}`, true);
    await look();
    await push();
    for (const id of waiting) expect((await mirror(id)).state).toBe('mirrored');
    expect(await openCards()).toEqual([]);
  });
});

describe('an amount that cannot be read any more', () => {
  async function epoch(dealId: string | undefined): Promise<unknown> {
    const rows = await system.db.query(
      'SELECT amount_minor, live, revision FROM won_epochs WHERE deal_id = $1',
      [dealId],
    );
    return rows[0];
  }

  it('changes no win that is known, computes none of a new one, and is caught up with', async () => {
    const [known, fresh] = await system.mirrored(2, { StageName: 'Prospecting', CurrencyIsoCode: 'EUR' });
    await system.org.play('win', known?.crmId ?? '');
    await hint([known, fresh]);
    await observe();
    expect(await epoch(known?.dealId)).toEqual({ amount_minor: 100_000n, live: true, revision: 1 });

    await show('Opportunity.Amount', false);
    await look();
    expect((await openCards()).map(({ subject }) => subject)).toContain('Opportunity.Amount (read)');
    await system.org.play('win', fresh?.crmId ?? '');
    await hint([known, fresh]);
    await observe();
    expect(await epoch(known?.dealId)).toEqual({ amount_minor: 100_000n, live: true, revision: 1 });
    expect(await epoch(fresh?.dealId)).toMatchObject({ amount_minor: null, live: true });

    await show('Opportunity.Amount', true);
    await look();
    await observe();
    expect(await epoch(fresh?.dealId)).toMatchObject({ amount_minor: 100_000n, live: true });
    expect(await epoch(known?.dealId)).toMatchObject({ amount_minor: 100_000n, revision: 1 });
  });

  async function hint(deals: readonly ({ crmId: string; dealId: string } | undefined)[]): Promise<void> {
    await system.db.query(
      `INSERT INTO observed_records AS o (connection_id, crm_id, deal_id, due_seq, due_at, updated_at)
       SELECT $1, r."crmId", r."dealId", 1, $3, $3 FROM jsonb_to_recordset($2::jsonb) AS r("crmId" text, "dealId" uuid)
       ON CONFLICT (connection_id, crm_id) DO UPDATE SET due_seq = o.due_seq + 1, due_at = excluded.due_at`,
      [system.connectionId, JSON.stringify(deals), system.clock.now()],
    );
  }
});

/** Another process on the same database, which described the org long enough ago not to look again. */
async function connectedAgain() {
  const wiring = system.openWiring({ schemaWatchMs: 300_000 });
  await wiring.open(system.connectionId);
  return { context: system.context({ connections: wiring }), close: () => wiring.close() };
}
