import type { Stage } from '../crm/connector.ts';
import type { MappingFault } from './fit.ts';
import type { Pipelines } from './sections/pipelines.ts';

export interface FittedStart {
  /** Where new deals start comes first. */
  openStages: readonly Stage[];
  /** New deals wait while there is one: elsewhere nobody would look for them. */
  faults: readonly MappingFault[];
}

/**
 * The open stages of the pipeline that the mapping names, from the stage it names on. An id is taken before a label; labels
 * are compared without regard to case.
 */
export function fitPipelines(
  wanted: Pipelines | undefined,
  stages: readonly Stage[],
  openStages: readonly Stage[],
  object: string,
): FittedStart {
  if (!wanted) return { openStages, faults: [] };
  const { pipeline, stage } = wanted.newDeals;
  const inIt = stages.filter((one) => one.pipeline === pipeline);
  const known = inIt.length > 0 ? inIt : stages.filter((one) => sameLabel(one.pipelineLabel, pipeline));
  const fault = (problem: string): FittedStart => {
    return { openStages, faults: [{ object, field: 'pipelines.newDeals', problem }] };
  };
  const pipelines = new Set(known.map((one) => one.pipeline));
  if (pipelines.size === 0) return fault(`there is no pipeline "${pipeline}"; there are: ${namesOf(stages)}`);
  if (pipelines.size > 1) return fault(`several pipelines are called "${pipeline}": name one by its id`);
  const open = openStages.filter(({ id }) => known.some((one) => one.id === id));
  const first = stage === undefined ? open[0] : find(open, stage);
  if (first) return { openStages: [first, ...openStages.filter((one) => one !== first)], faults: [] };
  const labels = open.map(({ label }) => label).join(', ') || 'none';
  return fault(`the pipeline "${pipeline}" has no open stage ${stage ?? ''}; its open stages are: ${labels}`);
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
