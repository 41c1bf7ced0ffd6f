import type { DealStatus } from './deal.ts';

export type Decision = 'approve' | 'reject' | 'withdraw';

/** What a person or a source may do. `won` and `lost` are reached only by what a CRM was seen to say. */
const allowedFrom: Readonly<Record<Decision, readonly DealStatus[]>> = {
  approve: ['submitted'],
  reject: ['submitted'],
  withdraw: ['submitted'],
};

const outcomeOf: Readonly<Record<Decision, DealStatus>> = {
  approve: 'approved',
  reject: 'rejected',
  withdraw: 'withdrawn',
};

export function statusAfter(decision: Decision): DealStatus {
  return outcomeOf[decision];
}

/** Null when the decision is legal, else why not, in plain words. */
export function refusalOf(decision: Decision, status: DealStatus): string | null {
  if (allowedFrom[decision].includes(status)) return null;
  return `The deal is ${status}; only a ${allowedFrom[decision].join(' or ')} deal can be ${outcomeOf[decision]}.`;
}

/** Facts may change until someone decided against the deal or the CRM closed it. Null when they may. */
export function refusalOfChange(status: DealStatus): string | null {
  if (status === 'submitted' || status === 'approved') return null;
  return `The deal is ${status}; its facts can no longer be changed.`;
}
