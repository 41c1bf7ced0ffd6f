/** What a complete plan says in vain: it can be computed, but probably means something else. */
import { contradictionIn, implies } from './can-hold.ts';
import type { Fault } from './fault.ts';
import type { Condition } from './language/conditions.ts';
import type { FullPlan } from './language/full-plan.ts';
import type { Rule } from './language/rules.ts';

/** @returns each with a JSON pointer to what is in vain */
export function warningsOf(plan: FullPlan): Fault[] {
  return [
    ...unusedCounters(plan),
    ...plan.rules.flatMap((rule, index) => {
      const pointer = `/rules/${index}`;
      const why = whyNever(plan, rule, index);
      return why === null ? [] : [{ pointer, message: `the rule "${rule.rule}" can never apply: ${why}` }];
    }),
  ];
}

function unusedCounters(plan: FullPlan): Fault[] {
  const read = new Set<string>();
  noteCounters(plan, read);
  return Object.keys(plan.counters ?? {})
    .filter((name) => !read.has(name))
    .map((name) => ({ pointer: `/counters/${name}`, message: `nothing reads the counter "${name}"` }));
}

/** `counter: NAME` of a measure or basis, and the fact `counter.NAME`. */
function noteCounters(node: unknown, read: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === 'counter' && typeof value === 'string') read.add(value);
    if (name === 'fact' && typeof value === 'string' && value.startsWith('counter.'))
      read.add(value.split('.')[1] ?? '');
    noteCounters(value, read);
  }
}

function whyNever(plan: FullPlan, rule: Rule, index: number): string | null {
  const fact = contradictionIn([...alwaysTrue(plan, rule), ...(plan.when ?? []), ...(rule.when ?? [])]);
  if (fact !== null) return `no deal passes all of its conditions on "${fact}" (with those of the plan)`;
  const line = contradictionIn(rule.basis.select ?? []);
  if (line !== null) return `no line item passes all conditions of select on "${line}"`;
  const before = plan.rules.slice(0, index).find((earlier) => takesAll(earlier, rule));
  if (before !== undefined)
    return `of the group "${rule.group ?? ''}" the rule "${before.rule}" comes first and takes whatever fits this one`;
  return roleWithoutShare(plan, rule);
}

/** What is known of every event that the rule looks at. */
function alwaysTrue({ effectiveFrom, effectiveTo }: FullPlan, { earnOn }: Rule): Condition[] {
  return [
    { fact: 'event', is: [earnOn] },
    { fact: 'wonAt', atLeast: effectiveFrom, ...(effectiveTo === undefined ? {} : { below: effectiveTo }) },
  ];
}

/** Of a group only the first that fits pays. */
function takesAll(earlier: Rule, later: Rule): boolean {
  if (earlier.group === undefined || earlier.group !== later.group) return false;
  if (earlier.earnOn !== later.earnOn || earlier.crosses !== undefined) return false;
  const isForAll = (part: unknown, other: unknown): boolean =>
    part === undefined || JSON.stringify(part) === JSON.stringify(other);
  if (!isForAll(earlier.months, later.months) || !isForAll(earlier.roles, later.roles)) return false;
  return (earlier.when ?? []).every((loose) => (later.when ?? []).some((strict) => implies(strict, loose)));
}

function roleWithoutShare({ split }: FullPlan, { roles, pays = 'partners' }: Rule): string | null {
  if (split === undefined || typeof split.shares === 'string' || roles === undefined) return null;
  const named = Object.keys(split.shares);
  if (pays !== 'partners' || roles.some((role) => named.includes(role))) return null;
  return `the split has no share for ${roles.join(', ')}, and a deal with such a partner is held`;
}
