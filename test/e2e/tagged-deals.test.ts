import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminUrl,
  newDeals,
  registerAndApprove,
  startSystem,
  untilMirrored,
  type RegisteredDeal,
  type RunningSystem,
} from './running-system.ts';
import { until } from './tributary-process.ts';

type Row = Record<string, unknown>;

let folder: string;
let system: RunningSystem;
let deals: RegisteredDeal[];

/** The shipped mappings with these sections below Salesforce's. */
async function mapWith(sections: string): Promise<void> {
  for (const vendor of ['salesforce', 'hubspot']) {
    const shipped = await readFile(new URL(`../../mappings/${vendor}/mapping.yaml`, import.meta.url), 'utf8');
    const text = vendor === 'salesforce' ? `${shipped}\n${sections}` : shipped;
    await writeFile(path.join(folder, `${vendor}.yaml`), text);
  }
}

const card = `card: { note: 'on', text: "Sourced by {partner.name}.\\nAsk {partner.channelManager}." }`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tributary-mappings-'));
  await mapWith(`tags: { partners: { role: VAR/Reseller } }\n${card}`);
  system = await startSystem({ env: { TRIBUTARY_MAPPING_DIR: folder } });
  deals = await registerAndApprove(system, newDeals(3, ['salesforce']));
  await untilMirrored(system, deals);
}, 240_000);
afterAll(async () => {
  await system?.close();
  await rm(folder, { recursive: true, force: true });
});

async function admin(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${adminUrl(system, 'salesforce')}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return answer.json();
}

async function rows(object: string): Promise<Row[]> {
  return (await admin('GET', `/records/${object}`)) as Row[];
}

async function opportunityOf(deal: RegisteredDeal): Promise<Row> {
  const found = (await rows('Opportunity')).filter((row) => row['Tributary_Deal_Id__c'] === deal.id);
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

async function partnersOf(deal: RegisteredDeal): Promise<Row[]> {
  const { Id } = await opportunityOf(deal);
  return (await rows('OpportunityPartner')).filter((row) => row['OpportunityId'] === Id);
}

async function notesOf(deal: RegisteredDeal): Promise<string[]> {
  const { Id } = await opportunityOf(deal);
  const links = (await rows('ContentDocumentLink')).filter((row) => row['LinkedEntityId'] === Id);
  const ids = links.map((row) => row['ContentDocumentId']);
  return (await rows('ContentNote'))
    .filter((row) => ids.includes(row['Id']))
    .map((row) => String(row['TextPreview']));
}

async function partnerOf(deal: RegisteredDeal): Promise<{ key: string; name: string }> {
  const [row] = await system.db.query<{ key: string; name: string }>(
    'SELECT p.key, p.name FROM partners p JOIN deals d ON d.partner_id = p.id WHERE d.id = $1',
    [deal.id],
  );
  return row ?? { key: '', name: '' };
}

async function setManager(deal: RegisteredDeal, name: string): Promise<void> {
  const partner = await partnerOf(deal);
  const answer = await fetch(`${system.url}/v1/partners/${partner.key}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: partner.name, channelManager: { name } }),
  });
  expect(answer.status).toBe(200);
}

describe('partner deals with tags and a card', () => {
  it('name their partner, primary, and carry one note', async () => {
    for (const deal of deals) {
      const partners = await partnersOf(deal);
      expect(partners.map((row) => [row['Role'], row['IsPrimary']])).toEqual([['VAR/Reseller', true]]);
      expect(await notesOf(deal)).toEqual([
        expect.stringContaining(`Sourced by ${(await partnerOf(deal)).name}.`),
      ]);
    }
  });

  it('say in the same note who asks whom, once the partner has a channel manager', async () => {
    const [deal] = deals;
    if (!deal) throw new Error('no deal');
    await setManager(deal, 'Kim Lee');
    await until(
      'the note to change',
      async () => (await notesOf(deal)).some((text) => text.includes('Ask Kim Lee.')) || undefined,
      30_000,
    );
    expect(await notesOf(deal)).toHaveLength(1);
  });

  it('follow a changed mapping: a campaign and owners in turn for new ones, our partners gone, a rep’s kept', async () => {
    const [deal] = deals;
    if (!deal) throw new Error('no deal');
    const before = await opportunityOf(deal);
    const [chosen] = (
      (await admin('POST', '/seed', { object: 'Account', records: [{ Name: 'By a rep' }] })) as {
        ids: string[];
      }
    ).ids;
    const fields = { OpportunityId: before['Id'], AccountToId: chosen, Role: 'Consultant' };
    await admin('POST', '/play', { action: 'create', object: 'Partner', fields });
    await admin('POST', '/seed', { object: 'Campaign', records: [{ Name: 'Partner Referrals' }] });
    const rep = (await rows('User')).find((row) => String(row['Username']).startsWith('rep.'));
    await mapWith(`tags: { campaign: { name: Partner Referrals } }
owner: { rule: round-robin, users: [${String(rep?.['Username'])}] }
${card}`);
    await system.halt();
    await system.start();
    const later = await registerAndApprove(system, newDeals(2, ['salesforce']));
    await untilMirrored(system, later);
    for (const one of later) {
      const { CampaignId, OwnerId } = await opportunityOf(one);
      expect(CampaignId).toEqual(expect.any(String));
      expect(OwnerId).toBe(rep?.['Id']);
      expect(await partnersOf(one)).toEqual([]);
    }
    await setManager(deal, 'Lee Kim');
    await until('our partner to go', async () => (await partnersOf(deal)).length === 1 || undefined, 30_000);
    expect((await partnersOf(deal)).map((row) => row['AccountToId'])).toEqual([chosen]);
    const after = await opportunityOf(deal);
    expect([after['OwnerId'], after['CampaignId']]).toEqual([before['OwnerId'], before['CampaignId']]);
  });
});
