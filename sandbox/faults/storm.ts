import type { FaultRule, StatusFault } from './rules.ts';

/** How one vendor says the things a storm says. */
export interface StormShape {
  /** "Slow down", in the vendor's status and code. */
  rateLimit: Omit<StatusFault, 'kind' | 'retryAfter'>;
  /** A per-item failure that may be sent again. Left out when the vendor has none. */
  retriableItem?: { code: string; message: string };
}

/** What the preset is, for people. */
export const STORM =
  'A bad day: rate limits, outages, resets before and after the commit, revoked tokens, refused records, events lost, doubled, late and out of order.';

const NOT_OAUTH = '^(?!.*/oauth/?)';
const OAUTH = '/oauth/?';

/**
 * The preset `storm`: everything that goes wrong on a bad day, on reads as well as writes, mildly on OAuth.
 * Rough shares: 8% rate limits (half with Retry-After), 5% 5xx (some HTML), 4% resets before and 4% after commit,
 * 1% token revocations, 3% of the items in a batch; notifications 20% duplicated, 20% reordered, 10% late, 5% lost.
 */
export function stormRules(shape: StormShape): FaultRule[] {
  return [
    ...rateLimits(shape),
    ...outages(),
    ...resets(),
    rule('token revoked', NOT_OAUTH, 0.01, { kind: 'revoke-token' }),
    ...itemFailures(shape),
    ...notifications(),
    rule('OAuth unavailable', OAUTH, 0.02, { kind: 'status', status: 503 }),
    rule('OAuth reset', OAUTH, 0.01, { kind: 'reset', at: 'before-commit' }),
  ];
}

function rateLimits({ rateLimit }: StormShape): FaultRule[] {
  const fault: StatusFault = { kind: 'status', ...rateLimit };
  return [
    rule('rate limit with Retry-After', NOT_OAUTH, 0.04, { ...fault, retryAfter: 1 }),
    rule('rate limit without Retry-After', NOT_OAUTH, 0.04, fault),
  ];
}

function outages(): FaultRule[] {
  return [500, 502, 503, 504].map((status) =>
    rule(`outage ${status}`, NOT_OAUTH, 0.0125, {
      kind: 'status',
      status,
      html: status === 502 || status === 504,
    }),
  );
}

function resets(): FaultRule[] {
  return [
    rule('reset before commit', NOT_OAUTH, 0.04, { kind: 'reset', at: 'before-commit' }),
    rule('reset after commit', NOT_OAUTH, 0.04, { kind: 'reset', at: 'after-commit' }),
  ];
}

function itemFailures({ retriableItem }: StormShape): FaultRule[] {
  if (retriableItem === undefined) return [];
  return [
    {
      name: 'items fail',
      match: { path: NOT_OAUTH },
      fault: { kind: 'partial', ...retriableItem, probability: 0.03 },
    },
  ];
}

function notifications(): FaultRule[] {
  const share = { duplicate: 0.2, reorder: 0.2, delay: 0.1, drop: 0.05 } as const;
  return Object.entries(share).map(([effect, probability]) => ({
    name: `notification ${effect}`,
    fault: { kind: 'notification', effect: effect as keyof typeof share, probability, ms: 200 },
  }));
}

function rule(name: string, path: string, probability: number, fault: FaultRule['fault']): FaultRule {
  return { name, match: { path }, when: { probability }, fault };
}
