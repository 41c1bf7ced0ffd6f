/** Parts a plan may have, each complete, so that what is asked about it is only its own choices and figures. */
import type { Draft, Node } from './draft.ts';

/** A plan from nothing. What it says is no default: each of it is asked. */
export const blank: Draft = {
  plan: 'my-programme',
  version: '1',
  effectiveFrom: '2026-01-01',
  currency: 'EUR',
  rules: [{ rule: 'base', earnOn: 'won', basis: 'amount', rate: { percent: '10' } }],
  rounding: { mode: 'half-up', scale: 'currency', stage: 'rule' },
};

export const counter: { [name: string]: Node } = { of: 'amount', on: 'won', scope: 'partner', per: 'year' };

export interface Part {
  pointer: string;
  question: string;
  skeleton: Node;
  /** The part lies in another one. */
  within?: string;
}

/** Parts that a plan has or has not: the language asks nothing about what is absent. */
export const parts: readonly Part[] = [
  {
    pointer: '/split',
    question: 'Can several partners share a deal?',
    skeleton: { shares: 'deal', sum: 'exactly-100', of: 'basis', tie: 'partner-key' },
  },
  {
    pointer: '/exchange',
    question: 'Are deals in other currencies converted?',
    skeleton: { date: 'won', convert: 'basis', inverse: 'allowed' },
  },
  {
    pointer: '/payout',
    question: 'Is it paid by the period (with a minimum, a draw, balances carried)?',
    skeleton: { per: 'month', currency: 'plan' },
  },
  {
    pointer: '/payout/minimum',
    question: 'Is there a minimum payout?',
    skeleton: { amount: '50.00', below: 'carry-forward' },
    within: '/payout',
  },
  {
    pointer: '/payout/draw',
    question: 'Is there a draw (an advance each period)?',
    skeleton: { amount: '500.00', recoverable: 'no' },
    within: '/payout',
  },
  {
    pointer: '/release',
    question: 'Is a part held back until later?',
    skeleton: [
      { percent: '50', on: 'earned' },
      { percent: '50', on: 'paid-in-full' },
    ],
  },
  {
    pointer: '/clawback',
    question: 'Does a cancellation or refund take anything back?',
    skeleton: { since: 'won', how: 'full', of: 'earned', negative: 'carry-forward' },
  },
  {
    pointer: '/clawback/within',
    question: 'Only within a window of days?',
    skeleton: { days: '90' },
    within: '/clawback',
  },
];
