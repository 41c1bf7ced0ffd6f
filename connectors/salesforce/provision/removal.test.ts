import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProvisionPlan } from '../../../src/crm/provisioning.ts';
import {
  inState,
  openOrgToPrepare,
  patient,
  type OrgToPrepare,
} from '../../../test/salesforce/provisioning.ts';

const changeEvents = 'change events of Opportunity';

async function planRemoval({ provisioner }: OrgToPrepare, ...made: string[]): Promise<ProvisionPlan> {
  return provisioner.planRemoval({ made: new Set(made) }, patient);
}

describe('taking away what provisioning made', () => {
  let prepared: OrgToPrepare;

  beforeAll(async () => {
    prepared = await openOrgToPrepare('fresh');
  });
  afterAll(() => prepared.close());

  it('leaves an org alone that was prepared by somebody else', async () => {
    const other = await openOrgToPrepare('default');
    try {
      const plan = await planRemoval(other);
      expect(inState(plan, 'remove')).toEqual([]);
      expect(inState(plan, 'stays')).toContain('field Opportunity.Tributary_Deal_Id__c');
    } finally {
      await other.close();
    }
  });

  it('says how many records carry values, and keeps a selection it does not remember having made', async () => {
    await prepared.provision();
    await prepared.org.seed('Opportunity', {
      Name: 'A deal',
      StageName: 'Prospecting',
      CloseDate: '2027-03-31',
      Tributary_Deal_Id__c: 'deal-1',
    });
    const plan = await planRemoval(prepared);
    const about = (item: string) => plan.items.find((one) => one.item === item)?.found;
    expect(about('field Opportunity.Tributary_Deal_Id__c')).toBe('with the value of one record');
    expect(about('field Opportunity.Tributary_Partner__c')).toBe('no record carries a value');
    expect(about(changeEvents)).toBeUndefined();
  });

  it('removes that and only that, what refers to others first', async () => {
    const { metadata } = prepared.byHand;
    await metadata.create('CustomField', [
      { fullName: 'Opportunity.Theirs__c', label: 'Theirs', type: 'Text', length: 20 },
    ] as never);
    const layout = await metadata.read('Layout', 'Opportunity-Opportunity Layout');
    const [section] = layout.layoutSections.filter(({ label }) => label === 'Partner deal');
    expect(section).toBeDefined();
    const done: string[] = [];
    const plan = await planRemoval(prepared, changeEvents);
    await plan.carryOut((item) => Promise.resolve(void done.push(item.item)), patient);
    const first = (name: string) => done.findIndex((item) => item.startsWith(name));
    expect(first('assignments')).toBeLessThan(first('permission set'));
    expect(first('layout')).toBeLessThan(first('field'));
    expect(done).toContain(changeEvents);

    const fields = (await metadata.list({ type: 'CustomField' })).map(({ fullName }) => fullName);
    expect(fields).toContain('Opportunity.Theirs__c');
    expect(fields.filter((name) => name.includes('Tributary_'))).toEqual([]);
    const after = await metadata.read('Layout', 'Opportunity-Opportunity Layout');
    expect(after.layoutSections).toEqual(
      layout.layoutSections.filter(({ label }) => label !== 'Partner deal'),
    );
    expect(inState(await planRemoval(prepared, changeEvents), 'remove')).toEqual([]);
  });
});

describe('an org with several page layouts and a mapping of its own', () => {
  it('asks for a choice, and names a field that nobody here knows how to make', async () => {
    const prepared = await openOrgToPrepare('single-currency');
    try {
      const { metadata } = prepared.byHand;
      const layout = await metadata.read('Layout', 'Opportunity-Opportunity Layout');
      const sections = layout.layoutSections.map((section) => ({
        ...section,
        layoutColumns: section.layoutColumns.map((column) => ({
          ...column,
          layoutItems: (column.layoutItems ?? []).filter(({ field }) => !field?.startsWith('Tributary_')),
        })),
      }));
      for (const name of ['Opportunity-Partner Sales', 'Opportunity-Direct Sales'])
        await metadata.create('Layout', { fullName: name, layoutSections: sections } as never);
      await metadata.update('Layout', { ...layout, layoutSections: sections } as never);
      const [deal, ...others] = prepared.needs.objects;
      if (!deal) throw new Error('the mapping has no deal');
      const writes = [...deal.writes, { field: 'Their_Region__c', changes: true, optional: false }];
      const needs = { ...prepared.needs, objects: [{ ...deal, writes }, ...others] };

      const unchosen = await prepared.plan({ needs });
      expect(inState(unchosen, 'by-hand')).toEqual([
        'field Opportunity.Their_Region__c',
        'layout of Opportunity',
      ]);
      const choice = unchosen.items.find(({ item }) => item === 'layout of Opportunity')?.nextStep;
      expect(choice).toContain('Direct Sales, Opportunity Layout, Partner Sales');
      const made = await prepared.provision({ needs, layouts: ['partner sales'] });
      expect(made).toContain('layout Opportunity-Partner Sales');
      const direct = await metadata.read('Layout', 'Opportunity-Direct Sales');
      expect(JSON.stringify(direct)).not.toContain('Tributary_');
      const again = await prepared.plan({ needs, layouts: ['Partner Sales'] });
      expect(inState(again, 'create', 'extend')).toEqual([]);
    } finally {
      await prepared.close();
    }
  });
});
