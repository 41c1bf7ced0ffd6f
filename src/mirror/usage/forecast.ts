import { environmentNumber } from '../../platform/environment-number.ts';

export interface UsageSample {
  at: Date;
  used: number;
}

export interface UsageForecast {
  /** At the rate of the last hour; null: it is not growing, or nothing is known yet. */
  usedUpAt: Date | null;
  /** When writing is expected to be possible again; null: it is. */
  freeAt: Date | null;
  callsPerHour: number;
}

const dayMs = 24 * 3_600_000;
const hourMs = 3_600_000;

/**
 * The share of the day's calls from which nothing is written any more. Whatever is set, the reserve stays: it is for hearing
 * of closed-won deals and for logging in.
 */
export function pushShare(): number {
  const pause = environmentNumber('TRIBUTARY_API_PAUSE_PERCENT', 80);
  return Math.max(0, Math.min(pause / 100, 1 - reserveShare()));
}

/** The share of the day's calls that is kept. */
export function reserveShare(): number {
  return environmentNumber('TRIBUTARY_API_RESERVE_PERCENT', 10) / 100;
}

/**
 * Forecasts from how the use grew. The window is rolling: a call stops counting 24 hours after it was made, the oldest first.
 * Of the calls made before the first sample nothing is known; they are taken to be spread over the 24 hours before it.
 * Where the count begins anew at an hour of the day (`resetsAt`), everything is free again then.
 * @param samples oldest first, of the last 24 hours
 */
export function forecastUsage(
  now: UsageSample,
  allowed: number,
  share: number,
  samples: readonly UsageSample[],
  resetsAt: Date | null = null,
): UsageForecast {
  const callsPerHour = ratePerHour(now, samples);
  const left = allowed - now.used;
  const usedUpAt = callsPerHour > 0 ? later(now.at, (Math.max(0, left) / callsPerHour) * hourMs) : null;
  const limit = Math.floor(allowed * share);
  if (resetsAt === null) return { callsPerHour, usedUpAt, freeAt: freeAt(now, limit, samples) };
  const isInTime = usedUpAt !== null && usedUpAt < resetsAt;
  return { callsPerHour, usedUpAt: isInTime ? usedUpAt : null, freeAt: now.used < limit ? null : resetsAt };
}

function ratePerHour(now: UsageSample, samples: readonly UsageSample[]): number {
  const first = samples.find((sample) => now.at.getTime() - sample.at.getTime() <= hourMs);
  const ms = first ? now.at.getTime() - first.at.getTime() : 0;
  return first === undefined || ms <= 0 ? 0 : Math.max(0, ((now.used - first.used) / ms) * hourMs);
}

/** So many of the oldest calls have to be a day old that the rest is below the limit. */
function freeAt(now: UsageSample, limit: number, samples: readonly UsageSample[]): Date | null {
  const excess = now.used - limit + 1;
  if (excess <= 0) return null;
  const first = samples[0] ?? now;
  const before = first.used * Math.max(0, 1 - (now.at.getTime() - first.at.getTime()) / dayMs);
  if (excess <= before) {
    const aged = now.at.getTime() + (excess / Math.max(1, first.used)) * dayMs;
    return new Date(aged);
  }
  const growth = excess - before + first.used;
  const reached = [...samples, now].find((sample) => sample.used >= growth) ?? now;
  return later(reached.at, dayMs);
}

function later(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}
