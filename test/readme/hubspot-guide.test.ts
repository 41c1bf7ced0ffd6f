/**
 * Follows docs/hubspot.md in a portal that nobody prepared, as salesforce-guide.test.ts follows its guide; the marks of blocks
 * mean the same. What its reader does in HubSpot (the app, the partner's company) is done by newcomers-portal.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openFollower, stepsOf, type Follower } from './follow-guide.ts';
import { openNewcomersPortal, type NewcomersPortal } from './newcomers-portal.ts';
import { readVariables } from './read-page.ts';

let portal: NewcomersPortal | undefined;
let guide: Follower;
const partner = { name: 'River North Consulting', domain: 'rivernorth.com' };

beforeAll(async () => {
  guide = await openFollower('docs/hubspot.md', async (block) => {
    portal = await openNewcomersPortal(readVariables(block), [partner]);
    return portal.env;
  });
}, 60_000);

afterAll(async () => {
  const stopped = await guide.close();
  await portal?.close();
  expect(stopped?.stderr).toContain('Stopped.');
}, 120_000);

/** What is so after a step, and its reader is told. */
const afterwards: Readonly<Record<string, () => Promise<void>>> = {
  '4. Start and check': async () => {
    const faults = [...guide.answer().matchAll(/^FIX {2}(.+?): /gm)].map(([, check]) => check);
    expect(faults).toEqual(['commission plan', 'payout endpoint', 'hubspot']);
  },
  '6. Register the first deal': async () => {
    expect(await inPortal().records('deals')).toEqual([]);
    expect(await inPortal().records('contacts')).toEqual([]);
  },
  '8. Look at it in HubSpot': async () => {
    const [deal, ...others] = await inPortal().records('deals');
    expect(others).toEqual([]);
    expect(deal?.properties).toMatchObject({
      dealname: 'Acme GmbH – Platform',
      dealstage: 'appointmentscheduled',
      tributary_partner: 'River North Consulting',
      tributary_deal_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const companies = await inPortal().records('companies');
    const named = (name: string) => companies.find(({ properties }) => properties['name'] === name)?.id;
    const hanging = Object.values(deal?.associations ?? {}).flat();
    expect(hanging.find(({ id }) => id === named('Acme GmbH'))?.typeIds).toContain(5);
    // One of the portal's own, beside the plain one.
    expect(hanging.find(({ id }) => id === named(partner.name))?.typeIds).toHaveLength(2);
    expect(await inPortal().records('contacts')).toHaveLength(1);
  },
  '9. Take it back': async () => {
    const names = await Promise.all(['deals', 'companies'].map((object) => inPortal().properties(object)));
    const left = names.flat().filter((name) => name.startsWith('tributary_'));
    expect(left).toEqual([]);
  },
};

describe('the HubSpot guide, followed in a portal that nobody prepared', () => {
  it.each(openSteps())(
    'does what it says in "%s"',
    async (step) => {
      await guide.follow(step);
      await afterwards[step]?.();
    },
    300_000,
  );

  it('has the steps after which the portal is looked at', () => {
    expect(Object.keys(afterwards).filter((step) => !openSteps().includes(step))).toEqual([]);
  });
});

function openSteps(): string[] {
  return stepsOf('docs/hubspot.md');
}

function inPortal(): NewcomersPortal {
  if (!portal) throw new Error('the guide did not have its reader write .env');
  return portal;
}
