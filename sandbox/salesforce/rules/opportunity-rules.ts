import { forecastCategoryName, type Stage } from '../schema/stages.ts';
import { FORECAST_CATEGORIES, FORECAST_CATEGORY_NAMES } from '../schema/picklists.ts';
import type { Org } from '../store/org.ts';
import type { Row, Value, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { moveShare } from './campaign-counts.ts';
import type { RecordRules } from './contract.ts';

/**
 * An opportunity follows its stage: closed, won, probability and forecast category are the stage's
 * unless the same write overrides the two that may be overridden. Each change of stage, amount, probability
 * or close date leaves a history row.
 */
export const opportunityRules: RecordRules = {
  derive(org, values, before) {
    if (changes(values, before, 'StageName')) followStage(org, values);
    if (typeof values['ForecastCategoryName'] === 'string') {
      const at = FORECAST_CATEGORY_NAMES.indexOf(values['ForecastCategoryName'] as never);
      values['ForecastCategory'] = FORECAST_CATEGORIES[at] ?? null;
    }
    deriveAmounts(values, before);
    deriveFiscalPeriod(values);
  },
  followUp(org, transaction, after, before) {
    if (before === undefined || HISTORY_TRIGGERS.some((name) => before[name] !== after[name])) {
      addHistory(org, transaction, after);
    }
    if (before === undefined && after['ContactId'] !== undefined) addPrimaryRole(org, transaction, after);
    moveShare(org, transaction, campaignShare, after, before);
  },
  afterDelete(org, transaction, row) {
    moveShare(org, transaction, campaignShare, undefined, { ...row, IsDeleted: false });
  },
  afterUndelete(org, transaction, row) {
    moveShare(org, transaction, campaignShare, row, undefined);
  },
};

/** What an opportunity adds to the figures of its campaign. */
function campaignShare(row: Row): Record<string, number> {
  const amount = Number(row['Amount'] ?? 0);
  const won = row['IsWon'] === true;
  return {
    NumberOfOpportunities: 1,
    NumberOfWonOpportunities: won ? 1 : 0,
    AmountAllOpportunities: amount,
    AmountWonOpportunities: won ? amount : 0,
  };
}

const HISTORY_TRIGGERS = ['StageName', 'Amount', 'Probability', 'CloseDate'];
const HISTORY_FIELDS = [
  'StageName',
  'Amount',
  'ExpectedRevenue',
  'CloseDate',
  'Probability',
  'ForecastCategory',
  'CurrencyIsoCode',
];

/** The stage of a name, or undefined. */
export function findStage(org: Org, name: Value | null | undefined): Stage | undefined {
  return org.preset.stages.find((stage) => stage.name === name);
}

function changes(values: Values, before: Row | undefined, name: string): boolean {
  return values[name] !== undefined && values[name] !== before?.[name];
}

function followStage(org: Org, values: Values): void {
  const stage = findStage(org, values['StageName']);
  if (stage === undefined) return;
  values['IsClosed'] = stage.closed;
  values['IsWon'] = stage.won;
  values['Probability'] ??= stage.probability;
  if (values['ForecastCategoryName'] === undefined) {
    values['ForecastCategory'] = stage.forecastCategory;
    values['ForecastCategoryName'] = forecastCategoryName(stage.forecastCategory);
  }
  values['LastStageChangeDate'] = org.clock.ms();
}

function deriveAmounts(values: Values, before: Row | undefined): void {
  if (values['Amount'] === undefined && values['Probability'] === undefined) return;
  const current = (name: string) => (values[name] === undefined ? before?.[name] : values[name]);
  const amount = current('Amount');
  const probability = current('Probability');
  values['ExpectedRevenue'] =
    typeof amount === 'number' ? Math.round(amount * Number(probability ?? 0)) / 100 : null;
}

function deriveFiscalPeriod(values: Values): void {
  const day = values['CloseDate'];
  if (typeof day !== 'string') return;
  const quarter = Math.ceil(Number(day.slice(5, 7)) / 3);
  values['FiscalYear'] = Number(day.slice(0, 4));
  values['FiscalQuarter'] = quarter;
  values['Fiscal'] = `${day.slice(0, 4)} ${quarter}`;
}

function addHistory(org: Org, transaction: Transaction, after: Row): void {
  const values: Values = { OpportunityId: after['Id'] as string };
  for (const name of HISTORY_FIELDS) {
    const value = after[name];
    if (value !== undefined) values[name] = value;
  }
  transaction.write({ type: org.table('OpportunityHistory').type, op: 'create', values, automation: true });
}

function addPrimaryRole(org: Org, transaction: Transaction, after: Row): void {
  const values: Values = {
    OpportunityId: after['Id'] as string,
    ContactId: after['ContactId'] as string,
    IsPrimary: true,
  };
  const written = Object.keys(values);
  transaction.write({
    type: org.table('OpportunityContactRole').type,
    op: 'create',
    values,
    written,
    automation: true,
  });
}
