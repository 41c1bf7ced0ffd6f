/** What changed between two plans, in the words that explain them. */
import { explainPlan, type Section } from './explain-plan.ts';
import type { FullPlan } from './language/full-plan.ts';

export interface SectionChange {
  section: string;
  change: 'added' | 'removed' | 'changed';
  before: string[];
  after: string[];
}

/** @returns nothing when both say the same, whatever their layout */
export function diffPlans(before: FullPlan, after: FullPlan): SectionChange[] {
  const [old, young] = [keyed(explainPlan(before)), keyed(explainPlan(after))];
  const titles = [...new Set([...old.keys(), ...young.keys()])];
  return titles.flatMap((section): SectionChange[] => {
    const [was, is] = [old.get(section), young.get(section)];
    if (was === undefined) return [{ section, change: 'added', before: [], after: is ?? [] }];
    if (is === undefined) return [{ section, change: 'removed', before: was, after: [] }];
    const lost = was.filter((line) => !is.includes(line));
    const gained = is.filter((line) => !was.includes(line));
    if (lost.length > 0 || gained.length > 0)
      return [{ section, change: 'changed', before: lost, after: gained }];
    return was.join('\n') === is.join('\n') ? [] : [{ section, change: 'changed', before: was, after: is }];
  });
}

function keyed(sections: readonly Section[]): Map<string, string[]> {
  return new Map(sections.map(({ title, says }) => [title, says]));
}
