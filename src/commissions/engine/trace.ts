/**
 * How an amount came about: steps that a machine can compute again, each with a sentence a partner can read. Amounts are
 * exact decimal texts.
 */
import { Exact } from '../exact.ts';
import { roundTo, type RoundingMode } from './round.ts';

/** What a step does with its operands; `value` is what comes out. */
export type Operation =
  | { op: 'value'; of: string }
  | { op: 'sum'; of: readonly string[] }
  | { op: 'less'; from: string; of: readonly string[] }
  | { op: 'percent'; of: string; percent: string }
  | { op: 'times'; of: string; by: string }
  | { op: 'divide'; of: string; by: string }
  | { op: 'least'; of: readonly string[] }
  | { op: 'most'; of: readonly string[] }
  | { op: 'round'; of: string; scale: number; mode: RoundingMode };

export interface Step {
  /** What is done: eligibility, basis, credit, attainment, rate, multiplier, limit, split, conversion, rounding … */
  step: string;
  say: string;
  calculate?: Operation;
  /** Exact. Absent where nothing is calculated. */
  value?: string;
}

export class TraceFault extends Error {
  override readonly name = 'TraceFault';
}

/** Computes every step again. @throws TraceFault naming the first that does not come out as it says */
export function checkSteps(steps: readonly Step[]): void {
  for (const { step, calculate, value } of steps) {
    if (calculate === undefined || value === undefined) continue;
    const found = compute(calculate);
    if (!found.equals(value))
      throw new TraceFault(`step "${step}" says ${value}, but comes out as ${found.toFixed()}`);
  }
}

export function compute(operation: Operation): Exact {
  switch (operation.op) {
    case 'value':
      return new Exact(operation.of);
    case 'sum':
      return operation.of.reduce((sum, part) => sum.plus(part), new Exact(0));
    case 'less':
      return operation.of.reduce((rest, part) => rest.minus(part), new Exact(operation.from));
    case 'percent':
      return new Exact(operation.of).times(operation.percent).dividedBy(100);
    case 'times':
      return new Exact(operation.of).times(operation.by);
    case 'divide':
      return new Exact(operation.of).dividedBy(operation.by);
    case 'least':
      return Exact.min(...operation.of.map((part) => new Exact(part)));
    case 'most':
      return Exact.max(...operation.of.map((part) => new Exact(part)));
    case 'round':
      return roundTo(new Exact(operation.of), operation.scale, operation.mode);
  }
}
