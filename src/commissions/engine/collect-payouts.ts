/** What comes together for each partner, currency and period of payment. */
import { Exact } from '../exact.ts';
import type { Collected } from './close-period.ts';
import { dayOf, periodOf } from './days.ts';
import type { Entry, Release } from './results.ts';
import type { RunState } from './run-state.ts';

export function collectReleases(run: RunState, entry: Entry): void {
  const { payout } = run.plan;
  run.seen.add(entry.partner);
  if (payout === undefined) return;
  const period = periodOf(dayOf(entry.at), payout.per, run.plan);
  const own = collectedIn(run, entry.partner, entry.currency, period.name);
  own.earned = own.earned.plus(entry.amount);
  for (const release of entry.releases) {
    const { at, amount } = release;
    if (at !== null && at <= period.to) continue;
    run.notReleased.push({ entry, release });
    own.heldBack = own.heldBack.plus(amount);
    if (at === null) continue;
    if (at > run.releasedUntil) run.releasedUntil = at;
    const later = collectedIn(run, entry.partner, entry.currency, periodOf(at, payout.per, run.plan).name);
    later.released = later.released.plus(amount);
  }
}

export function collectedIn(run: RunState, partner: string, currency: string, period: string): Collected {
  const key = `${partner}|${currency}|${period}`;
  const known = run.collected.get(key);
  if (known) return known;
  const zero = new Exact(0);
  const fresh = { earned: zero, heldBack: zero, released: zero, clawedBack: zero };
  run.collected.set(key, fresh);
  return fresh;
}

/** What was to be released later is not, latest first: what was released already is not touched. */
export function withhold(run: RunState, entry: Entry, amount: Exact, day: string): void {
  const { payout } = run.plan;
  // What stood before the run was never collected by it.
  if (!payout || entry.event === 'before') return;
  let left = amount;
  for (const release of entry.releases.toSorted(latestFirst)) {
    if (left.isZero()) return;
    const part = Exact.min(left, release.amount);
    if (release.at !== null) {
      const period = periodOf(release.at > day ? release.at : day, payout.per, run.plan);
      const own = collectedIn(run, entry.partner, entry.currency, period.name);
      const isSame = periodOf(dayOf(entry.at), payout.per, run.plan).name === period.name;
      if (isSame) own.earned = own.earned.minus(part);
      else own.released = own.released.minus(part);
    }
    release.amount = release.amount.minus(part);
    left = left.minus(part);
  }
}

/** What has no day yet comes last of all. */
function latestFirst(a: Release, b: Release): number {
  const [x, y] = [a.at ?? '9999', b.at ?? '9999'];
  return x < y ? 1 : x > y ? -1 : 0;
}
