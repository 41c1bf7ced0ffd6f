import { z } from 'zod';
import { AdminError } from '../../admin/adapter.ts';
import type { Stage } from '../portal/pipelines.ts';
import type { Sandbox } from '../sandbox.ts';

/** Body of `POST /stages`: what sales ops do to a stage under Settings › Pipelines. Forgotten with the process. */
export const stageChangeSchema = z.strictObject({
  pipeline: z.string(),
  stage: z.string(),
  label: z.string().optional(),
  /** Gone from the pipeline; deals that stand in it keep its id. `false`: back as it was. */
  archived: z.boolean().optional(),
});

const archived = new WeakMap<Sandbox, Map<string, Stage>>();

export function changeStage(sandbox: Sandbox, change: z.infer<typeof stageChangeSchema>): Stage {
  const pipeline = sandbox.portal.pipelines.find(({ id }) => id === change.pipeline);
  if (pipeline === undefined) throw new AdminError(404, `no pipeline ${change.pipeline}`);
  const gone = archived.get(sandbox) ?? new Map<string, Stage>();
  archived.set(sandbox, gone);
  const stage = pipeline.stages.find(({ id }) => id === change.stage) ?? gone.get(change.stage);
  if (stage === undefined) throw new AdminError(404, `no stage ${change.stage} in ${change.pipeline}`);
  if (change.label !== undefined) stage.label = change.label;
  if (change.archived !== undefined) {
    pipeline.stages = pipeline.stages.filter((one) => one !== stage);
    gone.delete(stage.id);
    if (change.archived) gone.set(stage.id, stage);
    else pipeline.stages = [...pipeline.stages, stage].toSorted((a, b) => a.displayOrder - b.displayOrder);
  }
  return stage;
}
