import { z } from 'zod';
import { DmlError } from '../dml/dml-error.ts';
import { allHold, conditionSchema, type RuleSubject } from './condition.ts';

/** An administrator's validation rule: refuses a create or update for which all conditions hold. */
export const validationRuleSchema = z.strictObject({
  name: z.string().min(1),
  object: z.string().min(1),
  active: z.boolean().default(true),
  when: z.array(conditionSchema).min(1),
  message: z.string().min(1),
  /** The field the message stands at; without one it stands above the page, and `fields` is empty. */
  field: z.string().optional(),
});

export type ValidationRule = z.infer<typeof validationRuleSchema>;

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
