import { isClosed, isWon, type Stage } from '../portal/pipelines.ts';
import type { Values } from './record.ts';

const known = new WeakMap<Stage, Values>();

/** What HubSpot calculates from a deal's stage. One shared object per stage: most writes need it. */
export function calculatedFrom(stage: Stage): Values {
  let values = known.get(stage);
  if (values === undefined) known.set(stage, (values = calculate(stage)));
  return values;
}

function calculate(stage: Stage): Values {
  const closed = isClosed(stage);
  return Object.freeze({
    hs_is_closed: String(closed),
    hs_is_closed_won: String(isWon(stage)),
    hs_is_closed_lost: String(closed && !isWon(stage)),
    hs_deal_stage_probability: exactDecimal(Number(stage.metadata.probability)),
  });
}

/** HubSpot prints the double in full: 0.2 comes back as 0.2000000000000000111… (recorded). */
function exactDecimal(value: number): string {
  const digits = value.toFixed(60);
  return digits.replace(/\.?0+$/, '');
}
