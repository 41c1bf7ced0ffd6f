import { z } from 'zod';
import { DmlError } from '../../dml/dml-error.ts';
import type { Transaction } from '../../store/transaction.ts';
import { allHold, conditionSchema, type RuleSubject } from '../condition.ts';

/** An Apex trigger that refuses. `throw` fails every row of the chunk it runs for; `add-error` only the rows that meet its conditions. */
export const triggerSchema = z.strictObject({
  name: z.string().min(1),
  object: z.string().min(1),
  active: z.boolean().default(true),
  on: z.array(z.enum(['insert', 'update', 'delete', 'undelete'])).default(['insert', 'update']),
  moment: z.enum(['before', 'after']).default('before'),
  when: z.array(conditionSchema).default([]),
  effect: z.enum(['throw', 'add-error']).default('throw'),
  /** `first`: the error goes to the first row of each run only, so every retry of the chunk fails anew. */
  rows: z.enum(['matching', 'first']).default('matching'),
  exception: z.string().default('System.NullPointerException'),
  message: z.string().default('Attempt to de-reference a null object'),
  /** Where `add-error` puts its message. */
  field: z.string().optional(),
});

export type Trigger = z.infer<typeof triggerSchema>;
export type TriggerEvent = Trigger['on'][number];

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
