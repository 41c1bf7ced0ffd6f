import type { Stage } from '../crm/connector.ts';
import type { SourceView } from './evaluate.ts';
import type { StartRule } from './fit-pipelines.ts';
import type { StartFact } from './sections/pipelines.ts';
import { countryName } from '../platform/country-names.ts';

/** Where a new deal starts: by the first rule that all its facts fit, else where every deal does. */
export function chooseStart(rules: readonly StartRule[], openStage: Stage, view: SourceView): Stage {
  return rules.find(({ when }) => fits(when, view))?.stage ?? openStage;
}

function fits(when: StartRule['when'], view: SourceView): boolean {
  return Object.entries(when).every(([fact, values]) => {
    const held = valuesOf(fact, view[fact as StartFact]);
    return values.some((value) => valuesOf(fact, value).some((one) => held.includes(one)));
  });
}

/** Of several products, one a line, each counts; a country is the same by name or code. */
function valuesOf(fact: string, value: unknown): string[] {
  const text = String(value ?? '');
  const all = fact === 'deal.products' ? text.split('\n') : [text];
  const named = fact === 'account.country' ? all.map((one) => countryName(one) ?? one) : all;
  return named.map((one) => one.trim().toLowerCase()).filter((one) => one !== '');
}
