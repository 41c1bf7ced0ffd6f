/**
 * Standard picklists whose values an administrator may add to, by the name the Metadata API gives the set of values. Source:
 * Metadata API Developer Guide, "StandardValueSet Names and Standard Picklist Fields".
 */
export const standardValueSets: Readonly<Record<string, string>> = {
  'Opportunity.LeadSource': 'LeadSource',
  'Lead.LeadSource': 'LeadSource',
  'Contact.LeadSource': 'LeadSource',
  'Opportunity.Type': 'OpportunityType',
  'Account.Type': 'AccountType',
  'Account.Industry': 'Industry',
  'Lead.Industry': 'Industry',
};
