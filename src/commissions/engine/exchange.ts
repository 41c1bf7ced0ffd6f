/** Conversion by an append-only table of rates. A missing rate holds the deal; nothing is guessed. */
import { Exact } from '../exact.ts';
import { roundTo } from './round.ts';
import type { FullPlan } from '../language/full-plan.ts';
import { addSpan, periodOf } from './days.ts';
import { Hold } from './hold.ts';

export interface KnownRate {
  from: string;
  to: string;
  rate: string;
  on: string;
  source: string;
}

export interface FoundRate {
  rate: Exact;
  say: string;
}

export class ExchangeTable {
  readonly #rates = new Map<string, KnownRate[]>();
  readonly #inverse: boolean;

  constructor(rates: readonly KnownRate[], inverse: boolean) {
    this.#inverse = inverse;
    for (const rate of rates) {
      const pair = `${rate.from} ${rate.to}`;
      this.#rates.set(pair, [...(this.#rates.get(pair) ?? []), rate]);
    }
    for (const list of this.#rates.values()) list.sort((a, b) => (a.on < b.on ? 1 : -1));
  }

  /** The latest rate in force on that day. @throws Hold where there is none */
  find(from: string, to: string, day: string): FoundRate {
    const direct = this.#on(from, to, day);
    if (direct)
      return { rate: new Exact(direct.rate), say: `${direct.rate} of ${direct.on} (${direct.source})` };
    const turned = this.#inverse ? this.#on(to, from, day) : undefined;
    if (turned)
      return {
        rate: new Exact(1).dividedBy(turned.rate),
        say: `1 / ${turned.rate} of ${turned.on} (${turned.source})`,
      };
    throw new Hold(
      'rate-missing-for-currency',
      `There is no exchange rate from ${from} to ${to} on ${day}; add one to the plan or the input.`,
    );
  }

  #on(from: string, to: string, day: string): KnownRate | undefined {
    return this.#rates.get(`${from} ${to}`)?.find((rate) => rate.on <= day);
  }
}

/** The day whose rate the plan takes. */
export function rateDay(plan: FullPlan, wonOn: string, eventOn: string): string {
  switch (plan.exchange?.date) {
    case 'won':
      return wonOn;
    case 'month-start':
      return periodOf(eventOn, 'month').from;
    case 'previous-month-end':
      return addSpan(periodOf(eventOn, 'month').from, { days: -1 });
    case 'month-end':
      return periodOf(eventOn, 'month').to;
    case 'quarter-end':
      return periodOf(eventOn, 'quarter', plan).to;
    case 'year-end':
      return periodOf(eventOn, 'year', plan).to;
    default:
      return eventOn;
  }
}

export function convertAmount(plan: FullPlan, amount: Exact, found: FoundRate): Exact {
  const converted = amount.times(found.rate);
  const places = plan.rounding.steps?.conversion;
  return places ? roundTo(converted, places.scale, places.mode) : converted;
}
