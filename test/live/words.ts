import type { Fields } from '../../src/crm/connector.ts';

type Kind = 'account' | 'contact' | 'deal';

/** What a vendor calls the things of the story. */
export interface Words {
  vendor: string;
  label: string;
  objects: Readonly<Record<Kind, string>>;
  keys: Readonly<Record<Kind, string>>;
  /** Of deals; those that our provisioning makes begin with `ownPrefix`. */
  readFields: readonly string[];
  ownPrefix: string;
  /** In which amounts have a currency of their own. */
  currencyField: string;
  stageField: string;
  amountField: string;
  account(name: string): Fields;
  contact(name: string, accountId: string): { key?: string; fields: Fields };
  deal(stage: { id: string; pipeline?: string }, accountId: string): Fields;
  /** Updates that the CRM refuses. */
  refused: readonly (readonly [step: string, fields: Fields])[];
}

export const salesforceWords: Words = {
  vendor: 'salesforce',
  label: 'Salesforce',
  objects: { account: 'Account', contact: 'Contact', deal: 'Opportunity' },
  keys: {
    account: 'Tributary_Account_Key__c',
    contact: 'Tributary_Contact_Key__c',
    deal: 'Tributary_Deal_Id__c',
  },
  readFields: [
    ...['Name', 'StageName', 'Amount', 'CloseDate', 'AccountId', 'LeadSource'],
    'Tributary_Deal_Id__c',
  ],
  ownPrefix: 'Tributary_',
  currencyField: 'CurrencyIsoCode',
  stageField: 'StageName',
  amountField: 'Amount',
  account: (name) => ({ Name: name }),
  contact: (name, AccountId) => ({ fields: { LastName: name, AccountId } }),
  deal: ({ id }, AccountId) => ({
    ...{ Name: 'Tributary live test', StageName: id, CloseDate: '2030-01-31', Amount: '1234.50', AccountId },
  }),
  refused: [
    ['a name that is too long', { Name: 'x'.repeat(200) }],
    ['an account that is none', { AccountId: '001000000000000AAA' }],
  ],
};

export const hubspotWords: Words = {
  vendor: 'hubspot',
  label: 'HubSpot',
  objects: { account: 'companies', contact: 'contacts', deal: 'deals' },
  keys: { account: 'tributary_account_key', contact: 'email', deal: 'tributary_deal_id' },
  readFields: ['dealname', 'dealstage', 'pipeline', 'amount', 'closedate', 'tributary_deal_id'],
  ownPrefix: 'tributary_',
  currencyField: 'deal_currency_code',
  stageField: 'dealstage',
  amountField: 'amount',
  account: (name) => ({ name }),
  contact: (name) => ({
    key: `${name.toLowerCase().replaceAll(' ', '-')}@example.com`,
    fields: { lastname: name },
  }),
  deal: ({ id, pipeline = 'default' }) => ({
    ...{ dealname: 'Tributary live test', pipeline, dealstage: id },
    ...{ closedate: '2030-01-31', amount: '1234.50' },
  }),
  refused: [
    ['an amount that is no number', { amount: 'twelve' }],
    ['a stage that is none', { dealstage: 'no-such-stage' }],
    ['a property that is none', { tributary_no_such_property: 'x' }],
  ],
};
