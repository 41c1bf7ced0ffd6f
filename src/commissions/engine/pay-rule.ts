/**
 * What one rule pays on one basis. An event is paid whole at one rate (step), in the slices that its bands cut it into
 * (marginal), or together with everything before it in the period, less what was paid on that (retroactive).
 */
import { Exact } from '../exact.ts';
import type { Bands, Measure, Multiplier, Rate } from '../language/rates.ts';
import type { Gate, Rule } from '../language/rules.ts';
import type { BasisFound } from './basis.ts';
import { money, shortened } from './book.ts';
import { leafAt, resolveCases, group, unitOf, type Place } from './choose-rate.ts';
import { factNumber } from './fact-number.ts';
import { Hold } from './hold.ts';
import { placeIn, readingOf } from './place.ts';
import { roundTo } from './round.ts';
import { amountIn, type Setting } from './setting.ts';

/** Part of a basis: all of it, a slice, or everything of the period. */
interface Part {
  amount: Exact;
  quantity: Exact | null;
  /** Where in the bands this part lies. */
  place: Place;
  /** Where the event stands as a whole: a gate asks for that, also of a slice. */
  standing: Place;
  /** Where the slice begins, and where the event began; null: not a slice. */
  slice: { measure: Measure; low: Exact; start: Exact } | null;
}

export function payRule(setting: Setting, rule: Rule, basis: BasisFound): Exact {
  const resolved = resolveCases(rule.rate, setting);
  if (resolved === null) {
    return setting.book.do('rate', { op: 'value', of: '0' }, () => 'no rate for it, so nothing');
  }

  const parts = [rule.rate, ...(rule.multipliers ?? [])].map((part) => tableOf(part, setting));
  if (parts.some((part) => part?.mode === 'retroactive') || rule.gate?.pays === 'from-first')
    return payRetroactively(setting, rule, basis, parts);
  const marginal = parts.filter(
    (part): part is Bands => part !== null && 'boundary' in part && part.mode === 'marginal',
  );
  const gate = rule.gate?.pays === 'beyond' ? rule.gate : null;
  if (marginal.length > 0 || gate) return paySlices(setting, rule, basis, marginal, gate);
  return payPart(setting, rule, whole(setting, basis));
}

function tableOf(part: Rate | Multiplier, setting: Setting): Bands | NonNullable<Rate['points']> | null {
  const resolved = resolveCases(part as Rate, setting);
  return resolved?.rate.bands ?? resolved?.rate.points ?? null;
}

function whole(setting: Setting, { amount, quantity }: BasisFound): Part {
  const place = placeIn(setting, amount);
  return { amount, quantity, place, standing: place, slice: null };
}

function paySlices(
  setting: Setting,
  rule: Rule,
  basis: BasisFound,
  tables: readonly Bands[],
  gate: Gate | null,
): Exact {
  const measure = tables[0]?.on ?? gate?.on ?? 'event';
  const [start, end] = extent(setting, measure, basis);
  const unit = unitsPerPoint(setting, measure);
  const edges = [
    ...tables.flatMap(({ table }) => table.map(({ from }) => unit.times(from))),
    ...(gate ? [unit.times(gateEdge(gate))] : []),
  ];
  if (start.equals(end)) return payPart(setting, rule, whole(setting, basis));
  const [low, high] = start.lessThan(end) ? [start, end] : [end, start];
  const cuts = unique([low, ...edges.filter((edge) => edge.greaterThan(low) && edge.lessThan(high)), high]);
  const span = high.minus(low);
  const isBasis = measure === 'event' || span.equals(basis.amount.abs());
  let paid = new Exact(0);
  const amounts: string[] = [];
  cuts.slice(1).forEach((to, index) => {
    const from = cuts[index] ?? low;
    const width = to.minus(from);
    const amount = isBasis
      ? width.times(basis.amount.isNegative() ? -1 : 1)
      : basis.amount.times(width).dividedBy(span);
    const quantity = basis.quantity?.times(width).dividedBy(span) ?? null;
    const middle = from.plus(to).dividedBy(2);
    if (gate && middle.lessThan(unit.times(gateEdge(gate)))) {
      setting.book.note('gate', `up to ${group(gateEdge(gate).toFixed())} of ${unitOf(gate.on)} nothing`);
      return;
    }
    const part = payPart(setting, rule, {
      amount,
      quantity,
      place: placeIn(setting, basis.amount, { measure, value: middle.dividedBy(unit) }),
      standing: placeIn(setting, basis.amount),
      slice: { measure, low: from.dividedBy(unit), start: low.dividedBy(unit) },
    });
    paid = paid.plus(part);
    amounts.push(part.toFixed());
  });
  if (amounts.length !== 1)
    setting.book.do('rate', { op: 'sum', of: amounts }, (sum) => `together ${money(sum, basis.currency)}`);
  return paid;
}

/** From where to where the event moves the measure. */
function extent(setting: Setting, measure: Measure, basis: BasisFound): [Exact, Exact] {
  if (measure === 'event') return [new Exact(0), basis.amount.abs()];
  if (!('counter' in measure)) return [new Exact(0), new Exact(0)];
  const reading = readingOf(setting, measure.counter);
  return [reading.before, reading.after];
}

/** Slices are cut in the unit of the counter: percentages of a quota are often endless decimals. */
function unitsPerPoint(setting: Setting, measure: Measure): Exact {
  if (typeof measure !== 'object' || !('counter' in measure) || measure.as === 'value') return new Exact(1);
  const { quota } = readingOf(setting, measure.counter);
  if (quota === null || quota.isZero())
    throw new Hold('quota-missing', `There is no quota for partner ${setting.partner}, or it is 0.`);
  return quota.dividedBy(100);
}

function gateEdge({ atLeast, above }: Gate): Exact {
  return new Exact(atLeast ?? above ?? '0');
}

function unique(values: readonly Exact[]): Exact[] {
  const sorted = values.toSorted((a, b) => a.comparedTo(b));
  return sorted.filter((value, index) => index === 0 || !value.equals(sorted[index - 1] ?? value));
}

/** Everything of the period at the rate reached now, less what was paid on it before. */
function payRetroactively(
  setting: Setting,
  rule: Rule,
  basis: BasisFound,
  parts: readonly ReturnType<typeof tableOf>[],
): Exact {
  const table = parts.find((part) => part?.mode === 'retroactive');
  const measure = table?.on ?? rule.gate?.on ?? 'event';
  const { tally, book, partner } = setting;
  const key =
    typeof measure === 'object' && 'counter' in measure
      ? readingOf(setting, measure.counter).key
      : `event|${setting.event.deal.deal}`;
  const sums = (what: string): string => `${what}|${rule.rule}|${partner}|${basis.currency}|${key}`;
  // A target is that of the whole period: at the end of each month it is the same one.
  const amount = rule.basis.of === 'target' ? basis.amount : tally.add(sums('basis'), basis.amount);
  const quantity = basis.quantity === null ? null : tally.add(sums('quantity'), basis.quantity);
  const total = payPart(setting, rule, whole(setting, { ...basis, amount, quantity }));
  const before = tally.get(sums('paid'));
  const now = total.minus(before);
  tally.add(sums('paid'), now);
  if (before.isZero()) return now;
  return book.do(
    'rate',
    { op: 'less', from: total.toFixed(), of: [before.toFixed()] },
    (left) => `less ${money(before, basis.currency)} before = ${money(left, basis.currency)}`,
  );
}

/** Gate, rate and multipliers on one part. */
function payPart(setting: Setting, rule: Rule, part: Part): Exact {
  const currency =
    setting.plan.exchange?.convert === 'earned' || setting.plan.currency === 'deal'
      ? (setting.event.deal.currency ?? '')
      : setting.plan.currency;
  const { gate } = rule;
  if (gate && !isOpen(gate, part.standing)) {
    return setting.book.do(
      'gate',
      { op: 'value', of: '0' },
      () => `${unitOf(gate.on)} has not reached ${group(gateEdge(gate).toFixed())}, so nothing`,
    );
  }
  let paid = payLeaf(setting, rule.rate, part, currency);
  for (const multiplier of rule.multipliers ?? []) paid = multiply(setting, multiplier, part, paid, currency);
  return paid;
}

function isOpen(gate: Gate, place: Place): boolean {
  if (gate.pays === 'beyond') return true;
  const value = place(gate.on, gate.pays === 'later' ? 'before' : 'after');
  return gate.atLeast !== undefined
    ? value.greaterThanOrEqualTo(gate.atLeast)
    : value.greaterThan(gate.above ?? '0');
}

function payLeaf(setting: Setting, rate: Rate, part: Part, currency: string): Exact {
  const { book, plan } = setting;
  const chosen = leafAt(rate, part.place, setting);
  if (chosen === null) {
    return book.do('rate', { op: 'value', of: '0' }, () => 'no rate for it, so nothing');
  }
  const { leaf, say } = chosen;
  const why = say === '' ? '' : `; ${say}`;
  if (leaf.amount !== undefined) {
    if (part.slice && chosen.band && !isEntered(chosen.band, part.slice))
      return book.do('rate', { op: 'value', of: '0' }, () => '');
    const amount = amountIn(plan, leaf.amount, currency, 'amount');
    return book.do('rate', { op: 'value', of: amount }, (value) => `${money(value, currency)}${why}`);
  }
  if (leaf.perUnit !== undefined) {
    if (part.quantity === null)
      throw new Hold('quantity-missing', `Deal ${setting.event.deal.deal} has no quantity to pay for.`);
    const each = amountIn(plan, leaf.perUnit, currency, 'amount per unit');
    const units = part.quantity;
    return book.do(
      'rate',
      { op: 'times', of: units.toFixed(), by: each },
      (value) => `${group(units.toFixed())} at ${money(each, currency)} = ${money(value, currency)}${why}`,
    );
  }
  const percent = roundedRate(setting, leaf.percent ?? new Exact(leaf.times ?? '1').times(100).toFixed());
  return book.do(
    'rate',
    { op: 'percent', of: part.amount.toFixed(), percent },
    (value) => `${shortened(percent)} % of ${money(part.amount, currency)} = ${money(value, currency)}${why}`,
  );
}

function roundedRate({ plan }: Setting, percent: string): string {
  const places = plan.rounding.steps?.rate;
  return places ? roundTo(new Exact(percent), places.scale, places.mode).toFixed() : percent;
}

/** A band's fixed amount is paid once, by the event that enters the band. */
function isEntered(
  { bands, from }: { bands: Bands; from: Exact },
  { low, start }: NonNullable<Part['slice']>,
): boolean {
  if (!low.equals(from)) return false;
  if (start.lessThan(from) || from.isZero()) return true;
  // The event before stopped exactly at the edge: whose edge it is says whether it has entered already.
  return bands.boundary === 'lower';
}

function multiply(
  setting: Setting,
  multiplier: Multiplier,
  part: Part,
  paid: Exact,
  currency: string,
): Exact {
  const chosen =
    multiplier.times !== undefined
      ? { leaf: { times: multiplier.times }, say: '' }
      : multiplier.fact !== undefined
        ? { leaf: { times: factNumber(setting, multiplier.fact).toFixed() }, say: multiplier.fact }
        : leafAt(multiplier as Rate, part.place, setting);
  if (chosen === null) {
    return setting.book.do('multiplier', { op: 'value', of: '0' }, () => 'no factor for it, so nothing');
  }
  const factor = chosen.leaf.times ?? new Exact(chosen.leaf.percent ?? '100').dividedBy(100).toFixed();
  if (factor === '1' && chosen.say === '') return paid;
  const why = chosen.say === '' ? '' : `; ${chosen.say}`;
  return setting.book.do(
    'multiplier',
    { op: 'times', of: paid.toFixed(), by: factor },
    (value) => `${shortened(factor)} x ${money(paid, currency)} = ${money(value, currency)}${why}`,
  );
}
