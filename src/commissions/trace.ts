/** How an amount came about, as steps a machine can walk again and a sentence a partner can read. */
import { checkSteps, TraceFault, type Operation, type Step } from './engine/trace.ts';
import { Exact, toMinor } from './exact.ts';

export interface Trace {
  steps: readonly Step[];
  sentence: string;
}

/** Steps whose result is nothing but what a later step is taken of: it must appear there. */
const carried = new Set(['rate', 'multiplier', 'milestone', 'limit', 'split', 'rounding', 'total']);

/**
 * Computes every step again and follows each result to the step that uses it.
 * @returns the minor units they lead to
 * @throws TraceFault at the first step that does not follow
 */
export function replayTrace(steps: readonly Step[], currency: string): bigint {
  checkSteps(steps);
  steps.forEach((step, index) => checkUse(step, steps.slice(index + 1)));
  steps.forEach((step, index) => checkSum(step, steps.slice(0, index)));
  const last = steps.findLast(isCarried);
  if (last?.value === undefined) throw new TraceFault('a trace ends with an amount');
  return toMinor(new Exact(last.value), currency);
}

function isCarried({ step, value }: Step): boolean {
  return carried.has(step) && value !== undefined;
}

function checkUse(step: Step, later: readonly Step[]): void {
  if (!isCarried(step) || !later.some(isCarried)) return;
  const next = later.find(isCarried);
  // A step that sets an amount (no factor fits, the shares must add up) replaces the one before.
  const isReplaced = next?.calculate?.op === 'value' && next.step !== 'rate';
  const used = later.some(({ calculate }) => operands(calculate).some((one) => equal(one, step.value)));
  if (!used && !isReplaced) throw new TraceFault(`the result ${step.value} of step "${step.step}" is lost`);
}

function checkSum({ step, calculate }: Step, earlier: readonly Step[]): void {
  if (step !== 'rate' || calculate?.op !== 'sum') return;
  const lost = calculate.of.find(
    (part) => !equal(part, '0') && !earlier.some(({ value }) => value !== undefined && equal(part, value)),
  );
  if (lost !== undefined) throw new TraceFault(`the part ${lost} comes from no step`);
}

function operands(operation: Operation | undefined): readonly string[] {
  if (operation === undefined) return [];
  if (operation.op === 'less') return [operation.from, ...operation.of];
  return Array.isArray(operation.of) ? (operation.of as readonly string[]) : [operation.of as string];
}

function equal(a: string, b: string | undefined): boolean {
  return b !== undefined && new Exact(a).equals(b);
}
