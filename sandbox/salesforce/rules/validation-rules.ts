import { DmlError } from '../dml/dml-error.ts';
import { allHold, type RuleSubject } from './condition.ts';
import type { ValidationRule } from './validation-rule.ts';

/** Provoked by: a create or update whose record meets a rule's conditions. FIELD_CUSTOM_VALIDATION_EXCEPTION with the rule's message. */
export function checkValidationRules(rules: readonly ValidationRule[], subject: RuleSubject): void {
  const broken = rules.find((rule) => allHold(rule.when, subject));
  if (broken === undefined) return;
  throw new DmlError(
    'FIELD_CUSTOM_VALIDATION_EXCEPTION',
    broken.message,
    broken.field === undefined ? [] : [broken.field],
  );
}
