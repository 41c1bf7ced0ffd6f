import { readable } from '../commissions/exact.ts';
import type { EffectRow, PlanEffect } from '../commissions/plan-effect.ts';
import type { Output } from './output.ts';

/** Who gains and who loses, a line each; deals that only one of the plans holds are named beside. */
export function printEffect(output: Output, { earned, paid, held }: PlanEffect): void {
  output.out('Earned on these deals, as if each plan had been in effect all along');
  if (earned.length === 0) output.out('  nothing, by either plan');
  for (const row of earned) output.out(`  ${inWords(row)}`);
  if (paid.length > 0) output.out('Paid in their periods');
  for (const row of paid) output.out(`  ${inWords(row)}`);
  const key = ({ deal, partner, event }: (typeof held.before)[number]): string =>
    [deal ?? partner ?? '', event].join(' ');
  const [was, is] = [held.before.map(key), held.after.map(key)];
  for (const one of held.before)
    if (!is.includes(key(one))) output.note(`${key(one)} is held by the first plan only (${one.reason})`);
  for (const one of held.after)
    if (!was.includes(key(one))) output.note(`${key(one)} is held by the second plan only (${one.reason})`);
}

function inWords({ partner, currency, before, after, difference, effect }: EffectRow): string {
  const amount = (text: string): string =>
    `${text.startsWith('-') ? '-' : ''}${readable(text.replace('-', ''), currency)}`;
  const whole = `${amount(before)} before, ${amount(after)} after`;
  const by = `${readable(difference.replace('-', ''), currency)} ${currency}`;
  if (effect === 'same') return `${partner ?? 'All together'}: the same, ${amount(after)} ${currency}`;
  if (partner === null) return `All together: ${by} ${effect === 'gains' ? 'more' : 'less'} (${whole})`;
  return `${partner} ${effect} ${by} (${whole})`;
}
