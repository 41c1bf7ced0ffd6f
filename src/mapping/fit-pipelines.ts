import type { Stage } from '../crm/connector.ts';
import type { MappingFault } from './fit.ts';
import type { Pipelines, Start } from './sections/pipelines.ts';

/** A rule of the mapping, with the stage that it names in this CRM. */
export interface StartRule {
  when: Pipelines['rules'][number]['when'];
  stage: Stage;
}

export interface FittedStart {
  /** Where new deals start that no rule speaks of comes first. */
  openStages: readonly Stage[];
  rules: readonly StartRule[];
  /** New deals wait while there is one: elsewhere nobody would look for them. */
  faults: readonly MappingFault[];
}

/**
 * The open stages of the pipelines that the mapping names, from the stage it names on. An id is taken before a label; labels
 * are compared without regard to case.
 */
export function fitPipelines(
  wanted: Pipelines | undefined,
  stages: readonly Stage[],
  openStages: readonly Stage[],
  object: string,
): FittedStart {
  const faults: MappingFault[] = [];
  const found = (start: Start, field: string): Stage[] => {
    const stage = findStart(start, stages, openStages);
    if (typeof stage !== 'string') return [stage];
    faults.push({ object, field, problem: stage });
    return [];
  };
  const [first] = wanted?.newDeals === undefined ? [] : found(wanted.newDeals, 'pipelines.newDeals');
  const rules = (wanted?.rules ?? []).flatMap(({ when, ...start }, index) =>
    found(start, `pipelines.rules[${index}]`).map((stage) => ({ when, stage })),
  );
  const others = openStages.filter((one) => one !== first);
  return { openStages: first ? [first, ...others] : openStages, rules, faults };
}

/** The stage, or why there is none. */
function findStart(
  { pipeline, stage }: Start,
  stages: readonly Stage[],
  openStages: readonly Stage[],
): Stage | string {
  const inIt = stages.filter((one) => one.pipeline === pipeline);
  const known = inIt.length > 0 ? inIt : stages.filter((one) => sameLabel(one.pipelineLabel, pipeline));
  const pipelines = new Set(known.map((one) => one.pipeline));
  if (pipelines.size === 0) return `there is no pipeline "${pipeline}"; there are: ${namesOf(stages)}`;
  if (pipelines.size > 1) return `several pipelines are called "${pipeline}": name one by its id`;
  const open = openStages.filter(({ id }) => known.some((one) => one.id === id));
  const first = stage === undefined ? open[0] : find(open, stage);
  const labels = open.map(({ label }) => label).join(', ') || 'none';
  return (
    first ?? `the pipeline "${pipeline}" has no open stage ${stage ?? ''}; its open stages are: ${labels}`
  );
}

function find(stages: readonly Stage[], named: string): Stage | undefined {
  return stages.find(({ id }) => id === named) ?? stages.find(({ label }) => sameLabel(label, named));
}

function sameLabel(label: string | undefined, named: string): boolean {
  return label?.trim().toLowerCase() === named.toLowerCase();
}

function namesOf(stages: readonly Stage[]): string {
  const names = stages.map(({ pipeline, pipelineLabel }) => pipelineLabel ?? pipeline);
  return [...new Set(names)].join(', ') || 'none';
}
