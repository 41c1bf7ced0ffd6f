import type { Exact } from './exact.ts';

export interface Amount {
  amount: Exact;
  currency: string;
}
