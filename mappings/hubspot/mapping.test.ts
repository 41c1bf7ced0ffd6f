import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { evaluateRows, readBack, type SourceView } from '../../src/mapping/evaluate.ts';
import { loadMapping, type LoadedMapping } from '../../src/mapping/load.ts';

const DEAL: SourceView = {
  'deal.id': '0b5e7a52-0000-4000-8000-000000000001',
  'deal.version': 3,
  'deal.name': 'Café «Zürich» & Söhne: 20 seats',
  'deal.amount': '12345678901234567.89',
  'deal.currency': 'EUR',
  'deal.expectedCloseDate': '2026-11-30',
  'deal.registrationUrl': 'https://partners.example/deals/1',
  'deal.protectedUntil': '2027-01-31',
  'partner.name': 'Müller Consulting',
  'partner.tier': 'gold',
  'deal.partnerSourced': true,
  'stage.open': 'appointmentscheduled',
  'stage.openPipeline': 'default',
  'org.currency': 'USD',
};

describe("HubSpot's default mapping", () => {
  let mapping: LoadedMapping;

  beforeAll(async () => {
    mapping = await loadMapping(fileURLToPath(new URL('mapping.yaml', import.meta.url)), 'hubspot');
  });

  it('writes a new deal into the pipeline, in text, with who sourced it', () => {
    expect(evaluateRows(mapping.deal.write, DEAL, true)).toEqual({
      dealname: 'Café «Zürich» & Söhne: 20 seats',
      pipeline: 'default',
      dealstage: 'appointmentscheduled',
      amount: '12345678901234567.89',
      deal_currency_code: 'EUR',
      closedate: '2026-11-30',
      tributary_version: '3',
      tributary_partner: 'Müller Consulting',
      tributary_partner_tier: 'gold',
      tributary_partner_sourced: 'true',
      tributary_protected_until: '2027-01-31',
      tributary_registration_url: 'https://partners.example/deals/1',
    });
  });

  it("leaves the rep's fields alone once the deal exists", () => {
    const written = Object.keys(evaluateRows(mapping.deal.write, DEAL, false));
    for (const field of ['dealname', 'pipeline', 'dealstage', 'amount', 'deal_currency_code', 'closedate'])
      expect(written).not.toContain(field);
    expect(written).toContain('tributary_version');
  });

  it('writes the pipeline before the stage, which belongs to it', () => {
    const order = Object.keys(evaluateRows(mapping.deal.write, DEAL, true));
    expect(order.indexOf('pipeline')).toBeLessThan(order.indexOf('dealstage'));
  });

  it('cuts long names without tearing a character, and clears a protection that ended', () => {
    const view: SourceView = { ...DEAL, 'deal.name': `${'x'.repeat(254)}😀y`, 'deal.protectedUntil': null };
    const fields = evaluateRows(mapping.deal.write, view, true);
    expect(fields['dealname']).toBe('x'.repeat(254));
    expect(fields['tributary_protected_until']).toBeNull();
  });

  it('writes nothing of a deal that has no value for it', () => {
    const view: SourceView = {
      ...DEAL,
      'deal.amount': null,
      'deal.expectedCloseDate': null,
      'partner.tier': null,
    };
    const fields = evaluateRows(mapping.deal.write, view, true);
    for (const field of ['amount', 'closedate']) expect(fields).not.toHaveProperty(field);
  });

  it('refuses a currency that a portal with a single one does not have', () => {
    const row = mapping.deal.write.find(({ to }) => to === 'deal_currency_code');
    expect(row).toMatchObject({ optional: true, absentMustEqual: 'org.currency' });
  });

  it('writes companies by our own key and contacts by e-mail, once', () => {
    expect([mapping.account.keyField, mapping.contact.keyField]).toEqual(['tributary_account_key', 'email']);
    const company = { 'account.name': ' Acme ', 'account.domain': 'ACME.example', 'account.country': 'FR' };
    expect(evaluateRows(mapping.account.write, company, true)).toEqual({
      name: 'Acme',
      domain: 'acme.example',
      country: 'FR',
    });
    expect(evaluateRows(mapping.account.write, company, false)).toEqual({});
    const contact = {
      'contact.firstName': 'Zoë',
      'contact.lastName': 'O’Hara',
      'contact.phone': '+41 44 000 00 00',
    };
    expect(evaluateRows(mapping.contact.write, contact, true)).toEqual({
      firstname: 'Zoë',
      lastname: 'O’Hara',
      phone: '+41 44 000 00 00',
    });
  });

  it('reads back what the rep may have changed', () => {
    const fields = {
      amount: '15000.00',
      deal_currency_code: 'EUR',
      dealstage: 'closedwon',
      pipeline: 'default',
      closedate: '2026-10-02T12:00:00.000Z',
      hubspot_owner_id: '81000011',
      tributary_deal_id: 'k',
      tributary_version: '3',
    };
    expect(readBack(mapping.deal.read, fields)).toEqual({
      amount: '15000.00',
      currency: 'EUR',
      stage: 'closedwon',
      pipeline: 'default',
      closeDate: '2026-10-02T12:00:00.000Z',
      owner: '81000011',
      dealKey: 'k',
      version: '3',
    });
  });
});
