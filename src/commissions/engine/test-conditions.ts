/** Whether an event passes the conditions of a plan. */
import { Exact } from '../exact.ts';
import type { Condition, Test } from '../language/conditions.ts';
import type { Facts } from './facts.ts';
import { Hold } from './hold.ts';

/** @throws Hold where a fact is not known and the plan does not say what then */
export function passes(conditions: readonly Condition[] | undefined, facts: Facts): boolean {
  return (conditions ?? []).every((condition) => passesOne(condition, facts));
}

function passesOne(condition: Condition, facts: Facts): boolean {
  if ('any' in condition) return condition.any.some((one) => passesOne(one, facts));
  if ('none' in condition) return !condition.none.some((one) => passesOne(one, facts));
  const fact = facts(condition.fact);
  if (fact === null) return unknown(condition);
  const { is, isNot, atLeast, above, atMost, below } = condition;
  if (is && !is.some((value) => same(value, fact))) return false;
  if (isNot?.some((value) => same(value, fact))) return false;
  if (atLeast !== undefined && compare(fact, atLeast, condition) < 0) return false;
  if (above !== undefined && compare(fact, above, condition) <= 0) return false;
  if (atMost !== undefined && compare(fact, atMost, condition) > 0) return false;
  return below === undefined || compare(fact, below, condition) < 0;
}

function unknown({ fact, unknown: then }: Test): boolean {
  if (then === 'passes') return true;
  if (then === 'fails') return false;
  throw new Hold(
    fact === 'tier' ? 'tier-missing' : 'fact-missing',
    `The plan asks for "${fact}", which is not known; record it, or let the plan say what then (unknown: passes, or fails).`,
  );
}

/** Names are typed by people: "Gold", "gold " and "GOLD" are one. */
export function same(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

const day = /^\d{4}-\d{2}-\d{2}$/;

function compare(fact: string, bound: string, { fact: name }: Test): number {
  if (day.test(bound)) return fact.slice(0, 10) < bound ? -1 : fact.slice(0, 10) > bound ? 1 : 0;
  if (!/^-?\d+(\.\d+)?$/.test(fact))
    throw new Hold(
      'fact-missing',
      `The plan compares "${name}" with ${bound}, but it is "${fact}", which is no number.`,
    );
  return new Exact(fact).comparedTo(bound);
}
