import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findConflicts } from '../../src/app/find-conflicts.ts';
import { runDecision } from '../../src/cli/approve.ts';
import type { Output } from '../../src/cli/output.ts';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
}, 60_000);
afterAll(() => engine?.close());

describe('before a deal is approved', () => {
  it('shows open leads and opportunities of the same customer, and nothing else', async () => {
    const { seed } = engine.org;
    const lead = { Status: 'Open - Not Contacted' };
    const [byEmail = '', byDomain = '', byCompany = ''] = await seed(
      'Lead',
      { ...lead, LastName: 'Smith', Company: 'Typo Inc', Email: 'jo@acme.com' },
      { ...lead, LastName: 'Doe', Company: 'Acme, Berlin', Email: 'kim@acme.com' },
      { ...lead, LastName: 'Roe', Company: 'Acme Ltd', Email: 'roe@elsewhere.example' },
      { ...lead, LastName: 'Other', Company: 'Other Ltd', Email: 'x@notacme.com' },
    );
    const [account = '', other = ''] = await seed(
      'Account',
      { Name: 'ACME Germany', Website: 'https://www.acme.com' },
      { Name: 'Nobody' },
    );
    const opportunity = { StageName: 'Qualification', CloseDate: '2027-01-31' };
    const [open = ''] = await seed(
      'Opportunity',
      { ...opportunity, Name: 'Acme 2027', AccountId: account },
      { ...opportunity, Name: 'Acme 2025', AccountId: account, StageName: 'Closed Lost' },
      { ...opportunity, Name: 'Nobody', AccountId: other },
    );
    const dealId = await engine.register();
    const [found] = await findConflicts(engine.app)(dealId);
    expect(found?.notAsked).toBeNull();
    const shown = found?.records.map(({ object, crmId, because }) => [object, crmId, because]);
    expect(shown?.sort()).toEqual(
      [
        ['Lead', byEmail, 'same e-mail address jo@acme.com'],
        ['Lead', byDomain, 'same e-mail domain acme.com'],
        ['Lead', byCompany, 'same company Acme Ltd'],
        ['Opportunity', open, 'its account has the website acme.com'],
      ].sort(),
    );
    expect(found?.records.find(({ crmId }) => crmId === open)).toMatchObject({
      name: 'Acme 2027',
      condition: 'Qualification',
      owner: expect.any(String),
    });
  });

  it('approves all the same, and says when the CRM could not be asked', async () => {
    const dealId = await engine.register();
    await engine.org.admin('POST', '/faults', {
      rules: [{ match: {}, fault: { kind: 'status', status: 503 } }],
    });
    const said: string[] = [];
    const output: Output = { json: false, out: (text) => void said.push(text), note: () => undefined };
    const selection = { ids: [dealId], all: false };
    const request = { decision: 'approve', by: 'Kim' } as const;
    const { db, deals } = engine.app;
    const code = await runDecision(selection, request, db, deals, output, findConflicts(engine.app));
    await engine.org.calm();
    expect(code).toBe(0);
    expect(said).toEqual(['1 deal approved.', expect.stringContaining('salesforce could not be asked: ')]);
  });
});
