import { randomBytes } from 'node:crypto';
import type { Random } from '../../faults/random.ts';
import type { Answer } from '../http/vendor-error.ts';
import type { Settings } from '../options.ts';

/** How a route treats the limits. */
export type LimitPolicy = 'burst' | 'search' | 'none';

/** Names of the limits, as 429 bodies carry them. */
export type Policy = 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY';

const MESSAGES: Record<Policy, string> = {
  TEN_SECONDLY_ROLLING: 'You have reached your ten_secondly_rolling limit.',
  SECONDLY: 'You have reached your secondly limit.',
  DAILY: 'You have reached your daily limit.',
};

/** A 429. Which body and whether `Retry-After` comes with it varies, because no recording settles it. */
export function rateLimitAnswer(policy: Policy, settings: Settings, random: Random): Answer {
  const observed = pick(settings.rateLimitBody === 'mixed', settings.rateLimitBody === 'observed', random);
  const named = pick(settings.retryAfter === 'mixed', settings.retryAfter === 'always', random);
  const body = { status: 'error', message: MESSAGES[policy] };
  return {
    status: 429,
    json: observed
      ? { ...body, category: 'RATE_LIMITS', policyName: policy }
      : {
          ...body,
          errorType: 'RATE_LIMIT',
          policyName: policy,
          requestId: randomBytes(16).toString('hex'),
        },
    headers: named ? { 'Retry-After': policy === 'TEN_SECONDLY_ROLLING' ? '10' : '1' } : {},
    error: policy,
  };
}

function pick(mixed: boolean, fixed: boolean, random: Random): boolean {
  return mixed ? random() < 0.5 : fixed;
}
