import { z } from 'zod';

/** A request as the local CRM logged it. */
export const ArrivedCall = z.object({
  at: z.string(),
  endpoint: z.string(),
  status: z.union([z.number(), z.string()]),
});
export type ArrivedCall = z.infer<typeof ArrivedCall>;

export interface Judged {
  calls: number;
  searches: number;
  refused: number;
  seconds: number;
  /** Of what is allowed: calls after the first window, which is full at once, over what its length allows. */
  share: number;
  /** Most calls in any ten seconds. */
  fullest: number;
}

const windowMs = 10_000;

/**
 * How a limit of `allowed` calls in ten seconds was used. The last window does not count as a whole: work may end in it. The
 * first may be used up at once, so the rate is taken from its end on.
 */
export function judgeCalls(arrived: readonly ArrivedCall[], allowed: number): Judged {
  const counted = arrived.filter(({ endpoint }) => !endpoint.includes('/oauth/'));
  const searches = counted.filter(({ endpoint }) => endpoint.endsWith('/search'));
  const times = counted
    .filter(({ endpoint }) => !endpoint.endsWith('/search'))
    .map(({ at }) => Date.parse(at))
    .sort((left, right) => left - right);
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  const windows = Math.floor((last - first) / windowMs);
  const inWhole = times.filter((time) => time >= first && time < first + windows * windowMs).length;
  return {
    calls: times.length,
    searches: searches.length,
    refused: arrived.filter(({ status }) => status === 429).length,
    seconds: (last - first) / 1000,
    share: windows === 0 ? 0 : inWhole / (windows * allowed),
    fullest: fullest(times),
  };
}

function fullest(times: readonly number[]): number {
  let from = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while (time - (times[from] ?? time) >= windowMs) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}
