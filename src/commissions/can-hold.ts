/** Whether conditions that must all hold can hold of anything at all. */
import { Exact } from './exact.ts';
import { same } from './engine/test-conditions.ts';
import type { Condition, Test } from './language/conditions.ts';

/** The fact by which they contradict each other; null: they may hold. What lies within `any` or `none` is not looked into. */
export function contradictionIn(conditions: readonly Condition[]): string | null {
  // A deal that lacks the fact passes such a test, whatever it asks.
  const tests = conditions.filter(isTest).filter(({ unknown }) => unknown !== 'passes');
  const facts = [...new Set(tests.map(({ fact }) => fact))];
  return facts.find((fact) => !canHold(tests.filter((test) => test.fact === fact))) ?? null;
}

/** Whether whatever passes the one passes the other too. */
export function implies(strict: Condition, loose: Condition): boolean {
  if (JSON.stringify(strict) === JSON.stringify(loose)) return true;
  if (!isTest(strict) || !isTest(loose) || strict.fact !== loose.fact) return false;
  const { is: wider, isNot, atLeast, above, atMost, below, unknown } = loose;
  const isMore = [isNot, atLeast, above, atMost, below, unknown].some((part) => part !== undefined);
  if (wider === undefined || strict.is === undefined || isMore) return false;
  return strict.is.every((value) => wider.some((one) => same(one, value)));
}

function isTest(condition: Condition): condition is Test {
  return 'fact' in condition;
}

function canHold(tests: readonly Test[]): boolean {
  const named = tests.flatMap(({ is }) => (is === undefined ? [] : [is]));
  const [first, ...rest] = named;
  if (first !== undefined)
    return first.some(
      (value) =>
        rest.every((values) => values.some((one) => same(one, value))) &&
        tests.every((test) => !test.isNot?.some((not) => same(not, value)) && isWithin(value, test)),
    );
  return boundsOf(tests, 'low').every((low) => boundsOf(tests, 'high').every((high) => isOpen(low, high)));
}

interface Bound {
  at: string;
  /** Whether the bound itself passes. */
  included: boolean;
}

function boundsOf(tests: readonly Test[], end: 'low' | 'high'): Bound[] {
  return tests.flatMap((test) => {
    const [included, excluded] = end === 'low' ? [test.atLeast, test.above] : [test.atMost, test.below];
    return [
      ...(included === undefined ? [] : [{ at: included, included: true }]),
      ...(excluded === undefined ? [] : [{ at: excluded, included: false }]),
    ];
  });
}

function isWithin(value: string, test: Test): boolean {
  const point = { at: value, included: true };
  return (
    boundsOf([test], 'low').every((low) => isOpen(low, point)) &&
    boundsOf([test], 'high').every((high) => isOpen(point, high))
  );
}

/** Whether something lies between two bounds; what cannot be compared may. */
function isOpen(low: Bound, high: Bound): boolean {
  const order = compare(low.at, high.at);
  return order === null || order < 0 || (order === 0 && low.included && high.included);
}

function compare(a: string, b: string): number | null {
  const [day, number] = [/^\d{4}-\d{2}-\d{2}$/, /^-?\d+(\.\d+)?$/];
  if (day.test(a) && day.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  return number.test(a) && number.test(b) ? new Exact(a).comparedTo(b) : null;
}
