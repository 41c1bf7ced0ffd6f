/** Rounding as the plan says, and cents left over shared out by the largest remainders. */
import { Decimal } from 'decimal.js';
import { exponentOf } from '../../platform/money.ts';
import { Exact } from '../exact.ts';
import type { roundingModes } from '../language/currencies.ts';

export type RoundingMode = (typeof roundingModes)[number];

const modes: Record<RoundingMode, Decimal.Rounding> = {
  'half-up': Decimal.ROUND_HALF_UP,
  'half-down': Decimal.ROUND_HALF_DOWN,
  'half-even': Decimal.ROUND_HALF_EVEN,
  up: Decimal.ROUND_UP,
  down: Decimal.ROUND_DOWN,
  ceiling: Decimal.ROUND_CEIL,
  floor: Decimal.ROUND_FLOOR,
};

/** A third of something is kept with 120 digits: without this, three of them would come out below the tie they are. */
const guard = 60;

/** half-up, half-down, up and down are away from and towards zero; ceiling and floor towards plus and minus. */
export function roundTo(amount: Exact, scale: number, mode: RoundingMode): Exact {
  return amount.toDecimalPlaces(guard, Decimal.ROUND_HALF_EVEN).toDecimalPlaces(scale, modes[mode]);
}

export function scaleOf(scale: 'currency' | number, currency: string): number {
  return scale === 'currency' ? exponentOf(currency) : scale;
}

/**
 * Parts of a rounded whole, each rounded, together exactly the whole: every part gets what it has in whole units, and what is
 * left goes, a unit each, to the largest remainders. Equal remainders: in the order given.
 */
export function shareOut(whole: Exact, parts: readonly Exact[], scale: number): Exact[] {
  const unit = new Exact(10).pow(-scale);
  const floors = parts.map((part) => part.toDecimalPlaces(scale, Decimal.ROUND_FLOOR));
  const given = floors.reduce((total, part) => total.plus(part), new Exact(0));
  const left = whole.minus(given).dividedBy(unit).toNumber();
  const order = parts
    .map((part, index) => ({ index, remainder: part.minus(floors[index] ?? 0) }))
    .sort((a, b) => b.remainder.comparedTo(a.remainder) || a.index - b.index);
  const out = [...floors];
  // More units than parts only where the whole is not the rounded sum, as under a floor: they go round again.
  for (let n = 0; n < Math.abs(left) && order.length > 0; n++) {
    const { index } = (left > 0 ? order[n % order.length] : order[order.length - 1 - (n % order.length)]) ?? {
      index: 0,
    };
    out[index] = (out[index] ?? new Exact(0)).plus(left > 0 ? unit : unit.negated());
  }
  return out;
}
