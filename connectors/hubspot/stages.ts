/** What the stages of a portal mean. Labels can be renamed by anybody, so nothing here looks at them. */
import type { CallOptions, Stage } from '../../src/crm/connector.ts';
import type { RememberRead } from '../../src/crm/remember-read.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Caller } from './call.ts';
import type { CallSite } from './errors.ts';
import { PipelinesAnswer } from './schema.ts';
import { pipelinesPath } from './versions.ts';

export interface StageCatalogue {
  /** All stages as HubSpot has them now, in the order of pipelines and of stages within. */
  list(options: CallOptions): Promise<readonly Stage[]>;
  /** By stage id; fetched again when older than a minute, or when one of `needed` is not among them. */
  meanings(needed: ReadonlySet<string>, options: CallOptions): Promise<ReadonlyMap<string, Stage>>;
}

/** A stage that sales ops re-defines is read with its old meaning for at most so long. */
const FRESH_MS = 60_000;
const SITE: CallSite = { stage: 'describe', write: false };

interface Fetched {
  stages: readonly Stage[];
  fetchedAt: number;
}

/** @param remember for the very first read of this process: a worker that starts again and again asks no more than one that runs */
export function createStageCatalogue(
  call: Caller,
  { clock, remember }: { clock: Clock; remember?: RememberRead },
): StageCatalogue {
  let held: { stages: ReadonlyMap<string, Stage>; fetchedAt: number; missing: Set<string> } | null = null;

  async function list(options: CallOptions): Promise<readonly Stage[]> {
    const read = async (): Promise<Fetched> => ({
      stages: await fetchStages(call, options),
      fetchedAt: clock.now().getTime(),
    });
    const { stages, fetchedAt } = held === null && remember ? await remember('stages', read) : await read();
    held = { stages: new Map(stages.map((stage) => [stage.id, stage])), fetchedAt, missing: new Set() };
    return stages;
  }

  return {
    list,
    async meanings(needed, options) {
      const fresh = held !== null && clock.now().getTime() - held.fetchedAt < FRESH_MS;
      const isAnswered = (id: string): boolean =>
        held?.stages.has(id) === true || held?.missing.has(id) === true;
      if (held !== null && fresh && [...needed].every(isAnswered)) return held.stages;
      const stages = new Map((await list(options)).map((stage) => [stage.id, stage]));
      // Histories go on naming stages that were archived: those are not asked for with every batch.
      for (const id of needed) if (!stages.has(id)) held?.missing.add(id);
      return stages;
    },
  };
}

async function fetchStages(call: Caller, options: CallOptions): Promise<Stage[]> {
  const { data } = await call(
    SITE,
    { method: 'GET', path: pipelinesPath('deals') },
    PipelinesAnswer,
    options,
  );
  const ordered = data.results
    .toSorted((a, b) => a.displayOrder - b.displayOrder)
    .flatMap((pipeline) =>
      pipeline.stages
        .toSorted((a, b) => a.displayOrder - b.displayOrder)
        .map((stage) => ({ pipeline, stage })),
    );
  return ordered.map(({ pipeline, stage: { id, label, metadata } }, order) => {
    const closed = metadata.isClosed === 'true';
    return {
      ...{ id, pipeline: pipeline.id, pipelineLabel: pipeline.label, label, closed },
      won: closed && Number(metadata.probability) === 1,
      order,
    };
  });
}
