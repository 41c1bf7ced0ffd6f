import { foundPermissions } from '../access/found-permissions.ts';
import type { Credentials } from '../oauth/credentials.ts';
import { forecastCategoryName } from '../schema/stages.ts';
import { addSampleRecords } from './found-samples.ts';
import type { Org } from './org.ts';
import type { Values } from './row.ts';
import type { Actor, Transaction } from './transaction.ts';

/** Ids of the two people every sandbox org has. */
export interface Users {
  /** Whom API clients act as. */
  integration: string;
  /** Whom plays in the CRM's own pages act as. */
  rep: string;
}

/**
 * Fills a new org with what exists before anyone writes: the organization, its users, stages and currencies.
 * Done anew, with the same ids, at every start; the journal holds only what came later.
 */
export function foundOrg(org: Org, credentials: Credentials): Users {
  const transaction = org.begin(PLATFORM);
  const administrator = add(org, transaction, 'Profile', {
    Name: 'System Administrator',
    UserType: 'Standard',
  });
  const standard = add(org, transaction, 'Profile', { Name: 'Standard User', UserType: 'Standard' });
  const integration = addUser(
    org,
    transaction,
    administrator,
    credentials.username,
    'Integration',
    'Tributary',
  );
  const rep = addUser(org, transaction, standard, `rep.${credentials.username}`, 'Riley', 'Rep');
  addOrganization(org, transaction, credentials);
  addStages(org, transaction);
  addCurrencies(org, transaction);
  addRecordTypes(org, transaction);
  foundPermissions(org, transaction);
  addStandardPricebook(org, transaction);
  if (org.preset.name === 'jsforce') addSampleRecords(org, integration);
  return { integration, rep };
}

const PLATFORM: Actor = { origin: 'seed', userId: '', client: '', changeOrigin: '', requestId: '' };

function add(org: Org, transaction: Transaction, object: string, values: Values, id?: string): string {
  const known = org.table(object).type;
  const fitting = Object.fromEntries(
    Object.entries(values).filter(([name]) => known.field(name) !== undefined),
  );
  const row = transaction.write({
    type: known,
    op: 'create',
    values: fitting,
    ...(id === undefined ? {} : { id }),
  });
  return row['Id'] as string;
}

function addUser(
  org: Org,
  transaction: Transaction,
  profile: string,
  username: string,
  firstName: string,
  lastName: string,
): string {
  return add(org, transaction, 'User', {
    Username: username,
    FirstName: firstName,
    LastName: lastName,
    Name: `${firstName} ${lastName}`,
    Email: username,
    Alias: firstName.slice(0, 8).toLowerCase(),
    IsActive: true,
    UserType: 'Standard',
    ProfileId: profile,
    LanguageLocaleKey: 'en_US',
    LocaleSidKey: 'en_US',
    EmailEncodingKey: 'UTF-8',
    TimeZoneSidKey: 'UTC',
    ForecastEnabled: false,
    DefaultCurrencyIsoCode: org.preset.currencies[0]?.code ?? null,
    CurrencyIsoCode: org.preset.currencies[0]?.code ?? null,
  });
}

function addOrganization(org: Org, transaction: Transaction, credentials: Credentials): void {
  const values = {
    Name: 'Sandbox Org',
    OrganizationType: 'Enterprise Edition',
    InstanceName: 'SBX1',
    IsSandbox: true,
    LanguageLocaleKey: 'en_US',
    TimeZoneSidKey: 'UTC',
  };
  add(org, transaction, 'Organization', values, credentials.organizationId);
}

function addStages(org: Org, transaction: Transaction): void {
  org.preset.stages.forEach((stage, index) => {
    add(org, transaction, 'OpportunityStage', {
      MasterLabel: stage.name,
      ApiName: stage.name,
      IsActive: stage.active,
      SortOrder: index + 1,
      IsClosed: stage.closed,
      IsWon: stage.won,
      ForecastCategory: stage.forecastCategory,
      ForecastCategoryName: forecastCategoryName(stage.forecastCategory),
      DefaultProbability: stage.probability,
    });
  });
}

function addCurrencies(org: Org, transaction: Transaction): void {
  org.preset.currencies.forEach((currency, index) => {
    add(org, transaction, 'CurrencyType', {
      IsoCode: currency.code,
      ConversionRate: currency.rate,
      DecimalPlaces: currency.decimals,
      IsActive: true,
      IsCorporate: index === 0,
    });
  });
}

/** Every product is priced here before it is anywhere else. */
function addStandardPricebook(org: Org, transaction: Transaction): void {
  if (org.preset.schema.object('Pricebook2') === undefined) return;
  add(org, transaction, 'Pricebook2', {
    Name: 'Standard Price Book',
    IsStandard: true,
    IsActive: true,
    IsArchived: false,
  });
}

function addRecordTypes(org: Org, transaction: Transaction): void {
  for (const recordType of org.preset.recordTypes) {
    add(org, transaction, 'RecordType', {
      Name: recordType.name,
      DeveloperName: recordType.developerName,
      SobjectType: recordType.object,
      IsActive: true,
      IsPersonType: recordType.personType,
    });
  }
}
