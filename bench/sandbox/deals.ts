/** A deal as Tributary writes it: twelve fields, of the eighty an opportunity has. */
export function opportunity(
  index: number,
  accountId: string | undefined,
  amount = 1000,
): Record<string, unknown> {
  return {
    attributes: { type: 'Opportunity' },
    Tributary_Deal_Id__c: `deal-${index}`,
    Name: `Deal ${index} of a customer`,
    StageName: 'Prospecting',
    CloseDate: '2027-03-31',
    Amount: amount + (index % 1000),
    CurrencyIsoCode: 'USD',
    AccountId: accountId,
    LeadSource: 'Partner Referral',
    Tributary_Version__c: 2,
    Tributary_Partner__c: `partner-${index % 40}`,
    Tributary_Partner_Sourced__c: true,
    Tributary_Protected_Until__c: '2027-12-31',
  };
}

export function account(index: number): Record<string, unknown> {
  return {
    attributes: { type: 'Account' },
    Tributary_Account_Key__c: `domain:customer-${index}.example`,
    Name: `Customer ${index}`,
    Website: `https://customer-${index}.example`,
  };
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
