import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { chooseMatchFor } from '../../src/mirror/matches.ts';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';

const persons = `
persons:
  recordType: PersonAccount
  write:
    - { to: FirstName, from: contact.firstName, transforms: [trim, { truncate: 40 }], when: create }
    - { to: LastName, from: contact.lastName, transforms: [trim, { truncate: 80 }], when: create }
    - { to: PersonEmail, from: contact.email, when: create }
    - { to: Phone, from: contact.phone, transforms: [trim, { truncate: 40 }], when: create }
`;

let engine: Engine;
let made = 0;

beforeAll(async () => {
  const shipped = await readFile('mappings/salesforce/mapping.yaml', 'utf8');
  engine = await openEngine({ mapping: `${shipped}${persons}`, org: { preset: 'person-accounts' } });
  // What the mapping says of persons is known from the first opening on.
  await engine.app.wiring.open('salesforce');
}, 60_000);
afterAll(() => engine?.close());

interface Person {
  firstName: string;
  lastName: string;
  email: string;
}

/** A registration whose customer is a person: no website, and the person's own name. */
function customer(person: Person) {
  return { company: { name: `${person.firstName} ${person.lastName}` }, contact: person };
}

async function mirrored(change: object): Promise<Record<string, unknown>> {
  const dealId = await engine.register({ ref: `person-${(made += 1)}`, ...change });
  await engine.approve(dealId);
  await engine.push();
  await engine.push();
  const mirror = await engine.mirror(dealId);
  expect(mirror).toMatchObject({ state: 'mirrored', last_error: null });
  return engine.org.record('Opportunity', mirror.crm_id ?? '');
}

const accountOf = (deal: Record<string, unknown>) => engine.org.record('Account', String(deal['AccountId']));

async function rolesOf(deal: Record<string, unknown>): Promise<unknown[]> {
  const rows = await engine.org.records('OpportunityContactRole');
  return rows.filter((row) => row['OpportunityId'] === deal['Id']).map((row) => row['ContactId']);
}

async function personType(): Promise<unknown> {
  const types = await engine.org.records('RecordType');
  return types.find((type) => type['DeveloperName'] === 'PersonAccount')?.['Id'];
}

async function seedPerson(more: Partial<Record<string, unknown>>): Promise<string> {
  const RecordTypeId = await personType();
  const [id = ''] = await engine.org.seed('Account', { RecordTypeId, ...more });
  return id;
}

describe('a customer who is a person', () => {
  it('becomes a person account, and its own contact is the deal’s', async () => {
    const ada = { firstName: 'Ada', lastName: 'Byron', email: 'ada@byron.example' };
    const contacts = (await engine.org.records('Contact')).length;
    const deal = await mirrored(customer(ada));
    const account = await accountOf(deal);
    expect(account).toMatchObject({
      IsPersonAccount: true,
      RecordTypeId: await personType(),
      FirstName: 'Ada',
      LastName: 'Byron',
      PersonEmail: 'ada@byron.example',
    });
    expect(await rolesOf(deal)).toEqual([account['PersonContactId']]);
    // The one behind the person, and no other.
    expect(await engine.org.records('Contact')).toHaveLength(contacts + 1);
  });

  it('may be registered without a company', async () => {
    const joan = { firstName: 'Joan', lastName: 'Clarke', email: 'joan@hut8.example' };
    const deal = await mirrored({ company: undefined, contact: joan });
    expect(await accountOf(deal)).toMatchObject({ IsPersonAccount: true, Name: 'Joan Clarke' });
  });

  it('is told by address: the same one is the same person, another one of that name is somebody else', async () => {
    const grace = { firstName: 'Grace', lastName: 'Hopper', email: 'grace@navy.example' };
    const [one, two] = [await mirrored(customer(grace)), await mirrored(customer(grace))];
    expect(two['AccountId']).toBe(one['AccountId']);
    const other = await mirrored(customer({ ...grace, email: 'hopper@other.example' }));
    expect(other['AccountId']).not.toBe(one['AccountId']);
    expect(await accountOf(other)).toMatchObject({
      IsPersonAccount: true,
      PersonEmail: 'hopper@other.example',
    });
  });

  it('that the org has already is taken, and not changed', async () => {
    const id = await seedPerson({
      FirstName: 'Alan',
      LastName: 'Turing',
      PersonEmail: 'alan@bletchley.example',
    });
    const before = await engine.org.record('Account', id);
    const alan = { firstName: 'Alan M.', lastName: 'Turing', email: 'ALAN@bletchley.example' };
    const deal = await mirrored(customer(alan));
    expect(deal['AccountId']).toBe(id);
    expect(await engine.org.record('Account', id)).toEqual(before);
    expect(await rolesOf(deal)).toEqual([before['PersonContactId']]);
  });

  it('has no contact but its own: a person without an address in the org gets no second one', async () => {
    const id = await seedPerson({ FirstName: 'Edsger', LastName: 'Dijkstra' });
    const edsger = { firstName: 'Edsger', lastName: 'Dijkstra', email: 'edsger@tue.example' };
    const dealId = await engine.register({ ref: `person-${(made += 1)}`, ...customer(edsger) });
    await engine.approve(dealId);
    await engine.push();
    // The name alone is not enough: a person says who it is.
    const key = 'person:edsger@tue.example';
    const chosen = { connectionId: 'salesforce', kind: 'account' as const, key, crmId: id, by: 'Kim' };
    expect(await chooseMatchFor(engine.db, chosen, engine.clock.now())).toBe(true);
    const contacts = (await engine.org.records('Contact')).length;
    await engine.push();
    await engine.push();
    const mirror = await engine.mirror(dealId);
    expect(mirror).toMatchObject({ state: 'mirrored', last_error: null });
    const deal = await engine.org.record('Opportunity', mirror.crm_id ?? '');
    const account = await engine.org.record('Account', id);
    expect(deal['AccountId']).toBe(id);
    expect(await engine.org.records('Contact')).toHaveLength(contacts);
    expect(await rolesOf(deal)).toEqual([account['PersonContactId']]);
  });

  it('is not made of a company whose contact has another name', async () => {
    const company = { name: 'Analytical Engines', domain: 'engines.com' };
    const contact = { firstName: 'Ada', lastName: 'Byron', email: 'ada@engines.com' };
    const account = await accountOf(await mirrored({ company, contact }));
    expect(account).toMatchObject({ Name: 'Analytical Engines', IsPersonAccount: false });
  });
});
