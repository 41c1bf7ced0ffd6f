import { DmlError } from '../../dml/dml-error.ts';
import type { Transaction } from '../../store/transaction.ts';
import { allHold, type RuleSubject } from '../condition.ts';
import type { Trigger, TriggerEvent } from './trigger.ts';

/** A refusal by a trigger, which concerns more than its row: see run-chunk.ts. */
export class TriggerError extends DmlError {
  /** `chunk`: every row fails. `row`: this row fails, and the vendor runs the others again. */
  readonly scope: 'chunk' | 'row';

  constructor(scope: 'chunk' | 'row', code: string, message: string, fields: readonly string[] = []) {
    super(code, message, fields);
    this.name = 'TriggerError';
    this.scope = scope;
  }
}

const struck = new WeakMap<Transaction, Set<string>>();

/** Says that the triggers run for a new set of rows. */
export function beginTriggerRun(transaction: Transaction): void {
  struck.delete(transaction);
}

/**
 * Runs the triggers of one moment for one row.
 * Provoked by: a write that meets the conditions of a trigger of `settings.triggers`.
 */
export function runTriggers(
  triggers: readonly Trigger[],
  transaction: Transaction,
  event: TriggerEvent,
  moment: Trigger['moment'],
  subject: RuleSubject,
): void {
  for (const trigger of triggers) {
    if (trigger.moment !== moment || !trigger.on.includes(event) || !allHold(trigger.when, subject)) continue;
    if (trigger.rows === 'first' && !isFirst(transaction, trigger)) continue;
    throw refusal(trigger, event);
  }
}

function isFirst(transaction: Transaction, trigger: Trigger): boolean {
  const names = struck.get(transaction) ?? new Set<string>();
  struck.set(transaction, names);
  if (names.has(trigger.name)) return false;
  names.add(trigger.name);
  return true;
}

function refusal(trigger: Trigger, event: TriggerEvent): TriggerError {
  if (trigger.effect === 'add-error') {
    const fields = trigger.field === undefined ? [] : [trigger.field];
    return new TriggerError('row', 'FIELD_CUSTOM_VALIDATION_EXCEPTION', trigger.message, fields);
  }
  const when = `${capital(trigger.moment)}${capital(event)}`;
  return new TriggerError(
    'chunk',
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    `${trigger.name}: execution of ${when}\n\ncaused by: ${trigger.exception}: ${trigger.message}\n\nTrigger.${trigger.name}: line 3, column 1`,
  );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
