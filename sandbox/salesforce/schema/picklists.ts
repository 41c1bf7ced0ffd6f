/** Picklist values of a fresh org. */
export const LEAD_SOURCES = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other'] as const;

export const ACCOUNT_TYPES = [
  'Prospect',
  'Customer - Direct',
  'Customer - Channel',
  'Channel Partner / Reseller',
  'Installation Partner',
  'Technology Partner',
  'Other',
] as const;

export const OPPORTUNITY_TYPES = [
  'Existing Customer - Upgrade',
  'Existing Customer - Replacement',
  'Existing Customer - Downgrade',
  'New Customer',
] as const;

export const CONTACT_ROLES = [
  'Business User',
  'Decision Maker',
  'Economic Buyer',
  'Economic Decision Maker',
  'Evaluator',
  'Executive Sponsor',
  'Influencer',
  'Technical Buyer',
  'Other',
] as const;

export const PARTNER_ROLES = [
  'None',
  'Advertiser',
  'Agency',
  'Broker',
  'Consultant',
  'Dealer',
  'Developer',
  'Distributor',
  'Institution',
  'Lender',
  'Supplier',
  'System Integrator',
  'VAR/Reseller',
] as const;

/** API values of the forecast categories; the names shown to people are in {@link FORECAST_CATEGORY_NAMES}, in the same order. */
export const FORECAST_CATEGORIES = [
  'Omitted',
  'Pipeline',
  'BestCase',
  'MostLikely',
  'Forecast',
  'Closed',
] as const;
export const FORECAST_CATEGORY_NAMES = [
  'Omitted',
  'Pipeline',
  'Best Case',
  'Most Likely',
  'Commit',
  'Closed',
] as const;

export const INDUSTRIES = [
  'Agriculture',
  'Apparel',
  'Banking',
  'Biotechnology',
  'Chemicals',
  'Communications',
  'Construction',
  'Consulting',
  'Education',
  'Electronics',
  'Energy',
  'Engineering',
  'Entertainment',
  'Environmental',
  'Finance',
  'Food & Beverage',
  'Government',
  'Healthcare',
  'Hospitality',
  'Insurance',
  'Machinery',
  'Manufacturing',
  'Media',
  'Not For Profit',
  'Recreation',
  'Retail',
  'Shipping',
  'Technology',
  'Telecommunications',
  'Transportation',
  'Utilities',
  'Other',
] as const;
