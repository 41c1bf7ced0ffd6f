/** Counters as the end of a period finds them. */
import { Exact } from '../exact.ts';
import type { PeriodKind } from '../language/periods.ts';
import { counterKey, endedAt, quotaOf } from './attainment.ts';
import { addSpan, type Stretch } from './days.ts';
import { silentBook, type Base, type RunState } from './run-state.ts';
import type { Reading, Setting } from './setting.ts';

export function readingsAt(
  run: RunState,
  base: Base,
  stretch: Stretch,
  kind: PeriodKind,
): Map<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const [name, counter] of Object.entries(run.plan.counters ?? {})) {
    const scope =
      counter.scope === 'partner'
        ? base.partner
        : counter.scope === 'parent'
          ? (base.directory?.parent ?? base.partner)
          : counter.scope === 'everybody'
            ? '*'
            : counter.scope === 'tier'
              ? base.facts('tier')
              : base.facts('region');
    if (scope === null) continue;
    const key = counterKey(run.plan, name, counter, scope, '', stretch.to, '');
    const value =
      typeof counter.per === 'object'
        ? windowSum(run, key, counter.per.rolling, stretch.to)
        : run.tally.get(key);
    const setting: Setting = { ...base, book: silentBook, earned: [] };
    const usesQuota =
      counter.quota !== undefined &&
      (counter.quota !== 'partner' || base.directory?.quotas?.[name] !== undefined);
    readings.set(name, {
      before: typeof counter.per === 'object' ? new Exact(0) : run.tally.get(`closed|${kind}|${key}`),
      after: value,
      previous: endedAt(run.plan, name, counter, key, base),
      quota: usesQuota ? quotaOf(run.plan, name, counter, setting) : null,
      key,
    });
  }
  return readings;
}

function windowSum(run: RunState, key: string, rolling: Parameters<typeof addSpan>[1], day: string): Exact {
  return (run.windows.get(key) ?? [])
    .filter((one) => addSpan(one.day, rolling) > day)
    .reduce((sum, { value }) => sum.plus(value), new Exact(0));
}
