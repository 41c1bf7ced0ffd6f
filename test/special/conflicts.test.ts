import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findConflicts } from '../../src/app/find-conflicts.ts';
import { runDecision } from '../../src/cli/approve.ts';
import type { Output } from '../../src/cli/output.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { vendors } from '../engine/vendors.ts';

const registered = {
  company: { name: 'Acme Ltd', domain: 'acme.com' },
  contact: { firstName: 'Jo', lastName: 'Miller', email: 'jo@acme.com' },
};

describe.each(vendors)('on $vendor', ({ open, vendor }) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(open);
  }, 60_000);
  afterAll(() => engine?.close());

  /** Salesforce alone has leads with a company and an address of their own. */
  async function seedLeads(): Promise<string[][]> {
    if (vendor !== 'salesforce') return [];
    const lead = { Status: 'Open - Not Contacted' };
    const [byEmail = '', byDomain = '', byCompany = ''] = await engine.crm.seed(
      'Lead',
      { ...lead, LastName: 'Smith', Company: 'Typo Inc', Email: 'jo@acme.com' },
      { ...lead, LastName: 'Doe', Company: 'Acme, Berlin', Email: 'kim@acme.com' },
      { ...lead, LastName: 'Roe', Company: 'Acme Ltd', Email: 'roe@elsewhere.example' },
      { ...lead, LastName: 'Other', Company: 'Other Ltd', Email: 'x@notacme.com' },
    );
    return [
      ['Lead', byEmail, 'same e-mail address jo@acme.com'],
      ['Lead', byDomain, 'same e-mail domain acme.com'],
      ['Lead', byCompany, 'same company Acme Ltd'],
    ];
  }

  describe('before a deal is approved', () => {
    it('shows open leads and opportunities of the same customer, and nothing else', async () => {
      const { crm } = engine;
      const { name, closeDate, stage } = crm.fields;
      const leads = await seedLeads();
      const [account = '', other = ''] = await crm.seed(
        crm.objects.account,
        {
          [crm.account.name]: 'ACME Germany',
          [crm.account.domain]: vendor === 'salesforce' ? 'https://www.acme.com' : 'acme.com',
        },
        { [crm.account.name]: 'Nobody' },
      );
      const day = { [closeDate]: crm.day('2027-01-31') };
      const open = await crm.seedDeal(account, { ...day, [name]: 'Acme 2027' });
      await crm.seedDeal(account, { ...day, [name]: 'Acme 2025', [stage]: crm.stages.lost });
      await crm.seedDeal(other, { ...day, [name]: 'Nobody' });
      const dealId = await engine.register('conflicting', registered);
      const [found] = await findConflicts(engine.app)(dealId);
      expect(found?.notAsked).toBeNull();
      const shown = found?.records.map(({ object, crmId, because }) => [object, crmId, because]) ?? [];
      const because = `its ${vendor === 'salesforce' ? 'account' : 'company'} has the website acme.com`;
      expect(shown.toSorted()).toEqual([...leads, [crm.objects.deal, open, because]].toSorted());
      expect(found?.records.find(({ crmId }) => crmId === open)).toMatchObject({
        name: 'Acme 2027',
        condition: vendor === 'salesforce' ? 'Qualification' : 'Qualified To Buy',
        ...(vendor === 'salesforce' ? { owner: expect.any(String) } : {}),
      });
    });

    it('approves all the same, and says when the CRM could not be asked', async () => {
      const dealId = await engine.register('unasked', registered);
      await engine.crm.breakDown();
      const said: string[] = [];
      const output: Output = { json: false, out: (text) => void said.push(text), note: () => undefined };
      const selection = { ids: [dealId], all: false };
      const request = { decision: 'approve', by: 'Kim' } as const;
      const { db, deals } = engine.app;
      const code = await runDecision(selection, request, db, deals, output, findConflicts(engine.app));
      await engine.crm.calm();
      expect(code).toBe(0);
      expect(said).toEqual([
        '1 deal approved.',
        expect.stringContaining(`${engine.connectionId} could not be asked: `),
      ]);
    });
  });
});
