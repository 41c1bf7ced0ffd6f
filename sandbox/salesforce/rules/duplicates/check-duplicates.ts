import { DmlError } from '../../dml/dml-error.ts';
import { renderAttributes, renderRecord } from '../../rest/render.ts';
import type { ObjectType } from '../../schema/schema.ts';
import type { Org } from '../../store/org.ts';
import type { Row } from '../../store/row.ts';
import type { SaveOptions, Transaction } from '../../store/transaction.ts';
import type { RuleSubject } from '../condition.ts';
import type { DuplicateRule } from './duplicate-rule.ts';
import { matchIndex } from './match-index.ts';
import { matchKey } from './match-key.ts';

const MAX_MATCHES = 100;

/**
 * Refuses a record that matches another one by a duplicate rule: DUPLICATES_DETECTED with `duplicateResult` (facts 1.4).
 * Provoked by: creating (or changing into) a record like an existing one while a rule of `settings.duplicateRules` is active.
 * `Sforce-Duplicate-Rule-Header: allowSave=true` lets it pass unless the rule blocks.
 */
export function checkDuplicates(
  rules: readonly DuplicateRule[],
  transaction: Transaction,
  subject: RuleSubject,
): void {
  const { org, after, before } = subject;
  const options = transaction.options;
  for (const rule of rules) {
    if (!rule.on.includes(before === undefined ? 'create' : 'update')) continue;
    if (rule.action === 'allow' && (!rule.alert || options?.allowDuplicates === true)) continue;
    const key = matchKey(rule, after, 'record');
    // A change that leaves the fields of the rule alone is not asked about its old twins.
    if (key === undefined || (before !== undefined && matchKey(rule, before, 'record') === key)) continue;
    const matchType = org.preset.schema.object(rule.matchObject ?? rule.object);
    if (matchType === undefined) continue;
    const matches = matchIndex(org, rule, matchType.name)
      .find(key)
      .filter((row) => row['Id'] !== after['Id']);
    if (matches.length > 0) throw duplicatesDetected(org, rule, matchType, matches, options);
  }
}

/** Makes a record that was just written findable for the next ones of the same request. */
export function rememberForMatching(
  rules: readonly DuplicateRule[],
  org: Org,
  type: ObjectType,
  row: Row,
): void {
  for (const rule of rules) {
    if ((rule.matchObject ?? rule.object) === type.name) matchIndex(org, rule, type.name).add(row);
  }
}

function duplicatesDetected(
  org: Org,
  rule: DuplicateRule,
  type: ObjectType,
  matches: readonly Row[],
  options: SaveOptions | undefined,
): DmlError {
  const version = options?.version ?? '62.0';
  const records = matches.slice(0, MAX_MATCHES).map((row) => ({
    additionalInformation: [],
    fieldDiffs: [],
    matchConfidence: 100,
    record:
      options?.includeRecordDetails === true
        ? renderRecord(type, row, version)
        : { attributes: renderAttributes(type, row['Id'] as string, version), Id: row['Id'] },
  }));
  const duplicateResult = {
    allowSave: rule.action === 'allow',
    duplicateRule: rule.name,
    duplicateRuleEntityType: rule.object,
    errorMessage: rule.message,
    matchResults: [
      {
        entityType: type.name,
        errors: [],
        matchEngine: rule.matchEngine,
        matchRecords: records,
        rule: rule.matchingRule ?? `${rule.name}_Matching_Rule`,
        size: records.length,
        success: true,
      },
    ],
  };
  const error = new DmlError('DUPLICATES_DETECTED', rule.message);
  error.duplicateResult = { key: org.settings.duplicateResultKey, value: duplicateResult };
  return error;
}
