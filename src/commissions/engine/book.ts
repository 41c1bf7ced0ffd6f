import { Exact, readable } from '../exact.ts';
import { compute, type Operation, type Step } from './trace.ts';

/** The steps of one entry as they are taken: each computes its value, so that no sentence can say another number. */
export class Book {
  readonly steps: Step[] = [];

  do(step: string, calculate: Operation, say: (value: Exact) => string): Exact {
    const value = compute(calculate);
    this.steps.push({ step, say: say(value), calculate, value: value.toFixed() });
    return value;
  }

  note(step: string, say: string): void {
    this.steps.push({ step, say });
  }

  get sentence(): string {
    return this.steps
      .map(({ say }) => say)
      .filter((say) => say !== '')
      .join('; ');
  }
}

/** "4,800.00 EUR". */
export function money(amount: Exact | string, currency: string): string {
  return `${readable(shortened(amount), currency)} ${currency}`;
}

/** Long fractions are shown with eight decimals; the step itself keeps all of them. */
export function shortened(amount: Exact | string): string {
  const exact = new Exact(amount);
  return exact.decimalPlaces() > 8 ? exact.toDecimalPlaces(8).toFixed() : exact.toFixed();
}
