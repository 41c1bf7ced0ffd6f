/** Where an event stands in the measures that bands, points and gates are read against. */
import { Exact } from '../exact.ts';
import type { Measure, Weighed } from '../language/measures.ts';
import { shortened } from './book.ts';
import type { Place, Reads } from './choose-rate.ts';
import { factNumber } from './fact-number.ts';
import { Hold } from './hold.ts';
import { roundTo } from './round.ts';
import type { Reading, Setting } from './setting.ts';

/** @param at overrides where one measure is read */
export function placeIn(setting: Setting, amount: Exact, at?: { measure: Measure; value: Exact }): Place {
  return (measure, reads) => {
    if (at && sameMeasure(at.measure, measure)) return at.value;
    if (measure === 'event') return amount.abs();
    if ('fact' in measure) return factNumber(setting, measure.fact);
    if ('weighted' in measure) return weighted(setting, measure.weighted, reads);
    const reading = readingOf(setting, measure.counter);
    const value = reading[reads ?? 'after'];
    return measure.as === 'percent-of-quota' ? percentOfQuota(setting, reading, value) : value;
  };
}

export function readingOf(setting: Setting, name: string): Reading {
  return (
    setting.readings.get(name) ?? {
      before: new Exact(0),
      after: new Exact(0),
      previous: new Exact(0),
      quota: null,
      key: `none|${name}`,
    }
  );
}

function percentOfQuota(setting: Setting, { quota }: Reading, value: Exact): Exact {
  if (quota === null || quota.isZero())
    throw new Hold('quota-missing', `There is no quota for partner ${setting.partner}, or it is 0.`);
  const percent = value.times(100).dividedBy(quota);
  const places = setting.plan.rounding.steps?.attainment;
  return places ? roundTo(percent, places.scale, places.mode) : percent;
}

function sameMeasure(a: Measure, b: Measure): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Each attainment by its weight: 60 % of 90 and 40 % of 150 is 114. */
function weighted(setting: Setting, parts: readonly Weighed[], reads: Reads | undefined): Exact {
  const said: string[] = [];
  const sum = parts.reduce((total, part) => {
    const full = attained(setting, part, reads);
    const least = part.nothingBelow !== undefined && full.lessThan(part.nothingBelow);
    const counts = least ? new Exact(0) : part.atMost === undefined ? full : Exact.min(full, part.atMost);
    said.push(`${part.percent} % of ${part.counter ?? part.fact ?? ''} ${shortened(counts)}`);
    return total.plus(counts.times(part.percent).dividedBy(100));
  }, new Exact(0));
  const say = `${said.join(', ')}: ${shortened(sum)}`;
  // A gate and a rate may read the same attainment: it is said once.
  if (setting.book.steps.every((step) => step.say !== say)) setting.book.note('attainment', say);
  return sum;
}

function attained(setting: Setting, { counter, fact }: Weighed, reads: Reads | undefined): Exact {
  if (counter === undefined) return factNumber(setting, fact ?? '');
  const reading = readingOf(setting, counter);
  return percentOfQuota(setting, reading, reading[reads ?? 'after']);
}
