/** From a rate of the plan to the number that is paid at one place of its bands. */
import { Exact } from '../exact.ts';
import type { Bands, By, Leaf, Measure, Points, Rate } from '../language/rates.ts';
import { kindOf, leafKinds } from '../language/rates.ts';
import { ownOf } from './basis.ts';
import { factNumber } from './fact-number.ts';
import { Hold } from './hold.ts';
import type { Setting } from './setting.ts';
import { amountIn } from './setting.ts';
import { same } from './test-conditions.ts';

/** Which of the values of a counter. */
export type Reads = 'before' | 'after' | 'previous';

/** What a measure shows at the place that is looked at. */
export type Place = (measure: Measure, reads: Reads | undefined) => Exact;

export interface Chosen {
  leaf: Leaf;
  /** "Gold tier since 2026-03-01", "0 to 50,000.00". */
  say: string;
  /** The band it came from. */
  band?: { bands: Bands; from: Exact };
}

/** Follows cases down to bands, points or a number. Null: nothing is paid. */
export function resolveCases(rate: Rate, setting: Setting): { rate: Rate; say: string } | null {
  let current = rate;
  let say = '';
  while (current.by) {
    const found = caseOf(current.by, setting);
    if (found === null) return null;
    current = found.rate;
    say = [say, found.say].filter(Boolean).join(', ');
  }
  return { rate: current, say };
}

function caseOf(by: By, { facts, plan, event }: Setting): { rate: Rate; say: string } | null {
  const fact = facts(by.fact);
  const named = fact === null ? undefined : Object.entries(by.cases).find(([name]) => same(name, fact));
  if (named) return { rate: named[1], say: sayCase(by.fact, named[0], event) };
  if (by.other === 'nothing') return null;
  if (by.other !== 'hold')
    return { rate: by.other, say: fact === null ? `no ${by.fact}` : `other ${by.fact} (${fact})` };
  if (by.fact === 'influence')
    throw new Hold(
      'influence-not-in-plan',
      `Plan ${plan.plan} version ${plan.version} does not say what a deal earns that the partner did not bring (${fact ?? 'not known'}); publish a version that does.`,
    );
  if (by.fact === 'tier')
    throw fact === null
      ? new Hold('tier-missing', 'The partner had no tier on the day of the win; record one.')
      : new Hold(
          'tier-not-in-plan',
          `Plan ${plan.plan} version ${plan.version} names no rate for tier "${fact}".`,
        );
  const what = fact === null ? `"${by.fact}" is not known` : `it names no case for ${by.fact} "${fact}"`;
  throw new Hold(
    'case-not-in-plan',
    `Plan ${plan.plan} version ${plan.version} cannot say what is paid: ${what}.`,
  );
}

function sayCase(fact: string, name: string, { deal }: Setting['event']): string {
  if (fact === 'influence') return name === 'sourced' ? '' : name;
  if (fact === 'line.fields.base') return name;
  const shown = name.charAt(0).toUpperCase() + name.slice(1);
  if (fact !== 'tier') return `${fact} ${name}`;
  return deal.tierSince ? `${shown} tier since ${deal.tierSince}` : `${shown} tier`;
}

/** The number paid at this place. @param what for messages */
export function leafAt(rate: Rate, place: Place, setting: Setting): Chosen | null {
  const resolved = resolveCases(rate, setting);
  if (resolved === null) return null;
  const { rate: found, say } = resolved;
  if (found.bands) return bandAt(found.bands, place, setting, say);
  if (found.points) return pointAt(found.points, place, setting, say);
  if (found.fact !== undefined)
    return {
      leaf: { percent: factNumber(setting, found.fact).toFixed() },
      say: [say, found.fact].filter(Boolean).join(', '),
    };
  if (found.derived) return { leaf: derived(found.derived, setting), say };
  return { leaf: leafOnly(found), say };
}

function leafOnly(rate: Leaf): Leaf {
  return Object.fromEntries(
    leafKinds.flatMap((kind) => (rate[kind] === undefined ? [] : [[kind, rate[kind]]])),
  );
}

function bandAt(bands: Bands, place: Place, setting: Setting, say: string): Chosen | null {
  const value = place(bands.on, bands.mode === 'step' ? (bands.reads ?? 'after') : 'after');
  const band = findBand(bands, value);
  const range = `${group(band.from)}${band.to === undefined ? ' and more' : ` to ${group(band.to)}`}`;
  const inner = band.by ? leafAt({ by: band.by }, place, setting) : { leaf: leafOnly(band), say: '' };
  if (inner === null) return null;
  return {
    leaf: inner.leaf,
    say: [say, inner.say, `${unitOf(bands.on)} ${range}`].filter(Boolean).join(', '),
    band: { bands, from: new Exact(band.from) },
  };
}

/** Half-open; the plan says whose the edge is. Zero and less are the first band's. */
export function findBand({ table, boundary }: Bands, value: Exact): Bands['table'][number] {
  const fits = table.find(
    ({ to }) => to === undefined || (boundary === 'lower' ? value.lessThanOrEqualTo(to) : value.lessThan(to)),
  );
  const found = fits ?? table.at(-1);
  if (found === undefined) throw new Error('a table without bands');
  return found;
}

function pointAt(points: Points, place: Place, setting: Setting, say: string): Chosen | null {
  const { table, on, reads, below, above } = points;
  const value = place(on, points.mode === 'step' ? (reads ?? 'after') : 'after');
  const [first] = table;
  const last = table.at(-1);
  if (!first || !last) throw new Error('a table without points');
  const kind = kindOf(first) ?? 'percent';
  const numberOf = (point: Leaf): Exact => {
    const leaf = point[kind] ?? '0';
    return new Exact(
      typeof leaf === 'string' ? leaf : amountIn(setting.plan, leaf, setting.plan.currency, 'amount'),
    );
  };
  const asLeaf = (number: Exact): Chosen => ({
    leaf: { [kind]: number.toFixed() },
    say: [say, `${unitOf(on)} ${group(value.toFixed())}`].filter(Boolean).join(', '),
  });
  if (value.lessThan(first.at)) return below === 'nothing' ? null : asLeaf(numberOf(first));
  const index = table.findIndex(({ at }) => value.lessThanOrEqualTo(at));
  if (index === -1 && above === 'last') return asLeaf(numberOf(last));
  const upper = table[index === -1 ? table.length - 1 : Math.max(index, 1)] ?? last;
  const lower = table[table.indexOf(upper) - 1] ?? first;
  const share = value.minus(lower.at).dividedBy(new Exact(upper.at).minus(lower.at));
  return asLeaf(numberOf(lower).plus(numberOf(upper).minus(numberOf(lower)).times(share)));
}

/** The rate that pays the target at 100 % of the quota; unrounded unless the plan rounds rates. */
function derived({ target, quota }: NonNullable<Rate['derived']>, setting: Setting): Leaf {
  const { plan, directory, partner } = setting;
  const named = (wanted: typeof target, from: Record<string, string> | undefined, what: string): string => {
    if (wanted !== 'partner') return amountIn(plan, wanted, plan.currency, what);
    const own = ownOf(from, [setting.rule]);
    if (own === undefined)
      throw new Hold(
        what === 'quota' ? 'quota-missing' : 'target-missing',
        `Partner ${partner} has no ${what}; name it in the input.`,
      );
    return own;
  };
  const top = named(target, directory?.targets, 'target');
  const bottom = named(quota, directory?.quotas, 'quota');
  return { percent: new Exact(top).times(100).dividedBy(bottom).toFixed() };
}

export function unitOf(measure: Measure): string {
  if (measure === 'event') return 'deal';
  if ('fact' in measure) return measure.fact;
  if ('weighted' in measure) return 'weighted attainment';
  return measure.as === 'percent-of-quota' ? `${measure.counter}, percent of quota,` : measure.counter;
}

export function group(number: string): string {
  const [whole = '0', fraction] = number.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction.slice(0, 4)}`;
}
