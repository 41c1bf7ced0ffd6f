import type { Random } from '../../faults/random.ts';
import type { Grant } from '../auth/tokens.ts';
import type { Answer } from '../http/vendor-error.ts';
import type { Settings } from '../options.ts';
import { createDailyCount } from './daily-count.ts';
import { rateLimitAnswer, type LimitPolicy, type Policy } from './rate-limit-answer.ts';
import { fixedWindow, rollingWindow, type Window } from './window.ts';

/** New limits, any of them; the shape of `POST /limits`. */
export interface LimitChange {
  burst?: number | undefined;
  windowMs?: number | undefined;
  daily?: number | undefined;
}

/** Enforces the account's limits and tells callers how they stand. */
export interface RateLimiter {
  /** Takes one call, or returns the 429 that it gets. */
  take(grant: Grant, policy: LimitPolicy, now: number): Answer | undefined;
  /** Rate-limit headers of an answer. Search shows only the daily pair; OAuth apps never see that pair. */
  headers(grant: Grant, policy: LimitPolicy, now: number): Record<string, string>;
  change(limits: LimitChange): void;
  /** A 429 in the vendor's shape, for faults. */
  answer(policy: Policy): Answer;
}

interface App {
  burst: Window;
  secondly: Window;
  max: number;
}

const TEN_SECONDS = 10_000;
const SEARCHES_PER_SECOND = 5;

/** Creates a limiter; with `rateLimit: 'off'` it lets everything through and still sends headers. */
export function createRateLimiter(settings: Settings, timeZone: string, random: Random): RateLimiter {
  const makeWindow = settings.rateWindow === 'rolling' ? rollingWindow : fixedWindow;
  const daily = createDailyCount(timeZone);
  const search = makeWindow(SEARCHES_PER_SECOND, 1000);
  let limits: { burst: number | undefined; windowMs: number; daily: number } = {
    burst: undefined,
    windowMs: TEN_SECONDS,
    daily: settings.dailyLimit,
  };
  let apps = new Map<number, App>();
  const off = (): boolean => settings.rateLimit === 'off';

  function appOf(grant: Grant): App {
    let app = apps.get(grant.appId);
    if (app === undefined) {
      const own = grant.kind === 'oauth' ? settings.oauthAppBurst : settings.privateAppBurst;
      const max = limits.burst ?? own;
      app = { max, burst: makeWindow(max, limits.windowMs), secondly: makeWindow(Math.ceil(max / 10), 1000) };
      apps.set(grant.appId, app);
    }
    return app;
  }

  function refused(grant: Grant, policy: LimitPolicy, now: number): Policy | undefined {
    if (policy === 'search' && !search.take(now)) return 'SECONDLY';
    if (policy === 'burst' && !appOf(grant).burst.take(now)) return 'TEN_SECONDLY_ROLLING';
    if (!daily.take(now, limits.daily)) return 'DAILY';
    return undefined;
  }

  function dailyHeaders(grant: Grant, now: number): Record<string, string> {
    if (grant.kind === 'oauth') return {};
    return {
      'X-HubSpot-RateLimit-Daily': String(limits.daily),
      'X-HubSpot-RateLimit-Daily-Remaining': String(Math.max(0, limits.daily - daily.used(now))),
    };
  }

  return {
    take(grant, policy, now) {
      if (off() || policy === 'none') return undefined;
      const reached = refused(grant, policy, now);
      return reached === undefined ? undefined : rateLimitAnswer(reached, settings, random);
    },
    headers(grant, policy, now) {
      if (policy === 'none') return {};
      if (policy === 'search') return dailyHeaders(grant, now);
      const app = appOf(grant);
      if (!off()) app.secondly.take(now);
      const secondly = Math.ceil(app.max / 10);
      return {
        ...dailyHeaders(grant, now),
        'X-HubSpot-RateLimit-Interval-Milliseconds': String(limits.windowMs),
        'X-HubSpot-RateLimit-Max': String(app.max),
        'X-HubSpot-RateLimit-Remaining': String(app.burst.remaining(now)),
        'X-HubSpot-RateLimit-Secondly': String(secondly),
        'X-HubSpot-RateLimit-Secondly-Remaining': String(app.secondly.remaining(now)),
      };
    },
    change(change) {
      limits = {
        burst: change.burst ?? limits.burst,
        windowMs: change.windowMs ?? limits.windowMs,
        daily: change.daily ?? limits.daily,
      };
      apps = new Map();
    },
    answer: (policy) => rateLimitAnswer(policy, settings, random),
  };
}
