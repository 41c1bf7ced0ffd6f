/** Counters that go down again with a refund or a cancellation, in the period it comes in. */
import { Exact } from '../exact.ts';
import { counterKey, type CountingPartner } from './attainment.ts';
import type { Counted } from './counted.ts';
import type { DealEvent } from './events.ts';
import type { RunState } from './run-state.ts';
import type { Reading } from './setting.ts';

/** Remembers what may have to go down again. */
export function noteCounted(
  run: RunState,
  event: DealEvent,
  counting: readonly CountingPartner[],
  readings: ReadonlyMap<string, ReadonlyMap<string, Reading>>,
): void {
  const done = new Set<string>();
  for (const [counter, { refunds }] of Object.entries(run.plan.counters ?? {})) {
    if (refunds !== 'lower') continue;
    for (const { setting } of counting) {
      const reading = readings.get(setting.partner)?.get(counter);
      if (!reading || done.has(reading.key)) continue;
      done.add(reading.key);
      const moved = reading.after.minus(reading.before);
      const [, , scope = '', currency = ''] = reading.key.split('|');
      const list = run.counted.get(event.deal.deal) ?? [];
      list.push({ counter, scope, currency, part: event.id, moved, left: moved });
      run.counted.set(event.deal.deal, list);
    }
  }
}

export function lowerCounters(run: RunState, event: DealEvent): void {
  for (const one of run.counted.get(event.deal.deal) ?? []) {
    const counter = run.plan.counters?.[one.counter];
    if (counter === undefined) continue;
    const isWhole = counter.of === 'count' || counter.of === 'quantity';
    const part = one.moved.times(shareOf(event, one, counter.on === 'won'));
    // A deal that is refunded in part is still a deal.
    const by =
      isWhole && event.kind !== 'cancel' && part.lessThan(one.left)
        ? new Exact(0)
        : Exact.min(one.left, part);
    if (by.isZero()) continue;
    one.left = one.left.minus(by);
    const key = counterKey(
      run.plan,
      one.counter,
      counter,
      one.scope,
      one.currency,
      event.day,
      event.deal.deal,
    );
    if (typeof counter.per === 'object')
      run.windows.set(key, [...(run.windows.get(key) ?? []), { day: event.day, value: by.negated() }]);
    else run.tally.add(key, by.negated());
  }
}

/** Of 1: how much of what the deal moved is given back. */
function shareOf({ kind, amount, deal, payment }: DealEvent, { part }: Counted, isOfDeal: boolean): Exact {
  if (kind === 'cancel') return new Exact(1);
  const paid = isOfDeal ? undefined : deal.payments?.find(({ id }) => id !== undefined && id === payment);
  if (paid && part !== payment) return new Exact(0);
  const whole = new Exact(paid?.amount ?? deal.amount ?? '0');
  return whole.isZero() ? new Exact(1) : Exact.min(1, new Exact(amount ?? '0').dividedBy(whole));
}
