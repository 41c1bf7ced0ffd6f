import { z } from 'zod';

/** A request as the local CRM logged it. */
export const ArrivedCall = z.object({
  at: z.string(),
  endpoint: z.string(),
  status: z.union([z.number(), z.string()]),
});
export type ArrivedCall = z.infer<typeof ArrivedCall>;

export interface Judged {
  /** Without searches, which have a limit of their own, and logins, which have none. */
  calls: number;
  searches: number;
  refused: number;
  seconds: number;
  /** Calls in whole ten seconds from the first call on, over what those allow. */
  share: number;
  /** Most calls in any ten seconds. */
  fullest: number;
  /** Calls in each ten seconds from the first call on, the last of them not whole. */
  byWindow: number[];
}

const windowMs = 10_000;

/** How a limit of `allowed` calls in ten seconds was used. The last ten seconds do not count: the work ends in them. */
export function judgeCalls(arrived: readonly ArrivedCall[], allowed: number): Judged {
  const counted = arrived.filter(({ endpoint }) => !endpoint.includes('/oauth/'));
  const searches = counted.filter(({ endpoint }) => endpoint.endsWith('/search'));
  const times = counted
    .filter(({ endpoint }) => !endpoint.endsWith('/search'))
    .map(({ at }) => Date.parse(at))
    .sort((left, right) => left - right);
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  const byWindow = countByWindow(times);
  const whole = byWindow.slice(0, -1);
  return {
    calls: times.length,
    searches: searches.length,
    refused: arrived.filter(({ status }) => status === 429).length,
    seconds: (last - first) / 1000,
    share: whole.length === 0 ? 0 : whole.reduce((sum, calls) => sum + calls, 0) / (whole.length * allowed),
    fullest: fullest(times),
    byWindow,
  };
}

function countByWindow(times: readonly number[]): number[] {
  const first = times[0] ?? 0;
  const windows: number[] = [];
  for (const time of times) {
    const index = Math.floor((time - first) / windowMs);
    while (windows.length <= index) windows.push(0);
    windows[index] = (windows[index] ?? 0) + 1;
  }
  return windows;
}

/** Calls at one moment and exactly a window later are in two windows. */
function fullest(times: readonly number[]): number {
  let from = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while (time - (times[from] ?? time) >= windowMs) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}
