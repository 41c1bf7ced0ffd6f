/** Pays everybody for a period that is over. */
import { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import { drawsOf } from '../language/paying.ts';
import { closePeriod } from './close-period.ts';
import type { Stretch } from './days.ts';
import { Hold } from './hold.ts';
import type { RunState } from './run-state.ts';

export function payPeriod(run: RunState, stretch: Stretch): void {
  const { payout } = run.plan;
  if (!payout) return;
  const currencies = new Map<string, Set<string>>();
  const note = (partner: string, currency: string): void =>
    void currencies.set(partner, (currencies.get(partner) ?? new Set()).add(currency));
  for (const key of run.collected.keys()) {
    const [partner = '', currency = '', period] = key.split('|');
    if (period === stretch.name) note(partner, currency);
  }
  for (const key of run.balances.keys()) note(key.split('|')[0] ?? '', key.split('|')[1] ?? '');
  if (drawsOf(payout).length > 0 && run.plan.currency !== 'deal')
    for (const partner of [...run.seen, ...run.directory.keys()]) note(partner, run.plan.currency);
  for (const partner of [...currencies.keys()].toSorted())
    for (const currency of [...(currencies.get(partner) ?? [])].toSorted())
      payOne(run, payout, stretch, partner, currency);
  run.notReleased = run.notReleased.filter(({ release: { at } }) => at === null || at > stretch.to);
}

function payOne(
  run: RunState,
  payout: NonNullable<FullPlan['payout']>,
  stretch: Stretch,
  partner: string,
  currency: string,
): void {
  const zero = new Exact(0);
  const key = `${partner}|${currency}`;
  const collected = run.collected.get(`${key}|${stretch.name}`) ?? {
    earned: zero,
    heldBack: zero,
    released: zero,
    clawedBack: zero,
  };
  const balance = run.balances.get(key) ?? { carried: zero, draw: zero };
  try {
    const closing = {
      plan: run.plan,
      payout,
      partner,
      directory: run.directory.on(partner, stretch.to),
      period: stretch,
      currency,
      exchange: run.exchange,
    };
    const { result, next } = closePeriod(closing, balance, collected);
    if (next.carried.isZero() && next.draw.isZero()) run.balances.delete(key);
    else run.balances.set(key, next);
    run.options.onPeriod(result);
  } catch (thrown) {
    if (!(thrown instanceof Hold)) throw thrown;
    // Nothing is lost: what came together is carried into the next period.
    const carried = balance.carried
      .plus(collected.earned)
      .plus(collected.released)
      .minus(collected.heldBack)
      .minus(collected.clawedBack);
    run.balances.set(key, { ...balance, carried });
    run.options.onHeld({
      deal: null,
      partner,
      event: 'payout',
      at: stretch.to,
      reason: thrown.reason,
      explanation: thrown.message,
    });
  }
  run.collected.delete(`${key}|${stretch.name}`);
}
