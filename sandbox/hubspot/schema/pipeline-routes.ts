import type { Call, Route } from '../http/call.ts';
import { pipelinePaths } from '../http/paths.ts';
import { notFound, type Answer } from '../http/vendor-error.ts';
import { typeIn } from '../objects/find-record.ts';
import { schemaReadScopes } from '../objects/scopes.ts';
import type { Pipeline, Stage } from '../portal/pipelines.ts';

/** `/crm/v3/pipelines/{objectType}…`, read only. Only deals have pipelines here. */
export function pipelineRoutes(): Route[] {
  return [
    ...routes('', readAll),
    ...routes('/{pipelineId}', (call) => ({ status: 200, json: presentPipeline(call, pipelineOf(call)) })),
    ...routes('/{pipelineId}/stages', (call) => ({
      status: 200,
      json: { results: pipelineOf(call).stages.map((stage) => presentStage(call, stage)) },
    })),
    ...routes('/{pipelineId}/stages/{stageId}', readStage),
  ];
}

function routes(rest: string, handle: Route['handle']): Route[] {
  return pipelinePaths(`/{objectType}${rest}`).map((pattern) => {
    return { method: 'GET', pattern, scopes: schemaReadScopes, authenticated: true, limit: 'burst', handle };
  });
}

function readAll(call: Call): Answer {
  const results = pipelinesOf(call).map((pipeline) => presentPipeline(call, pipeline));
  return { status: 200, json: { results } };
}

function readStage(call: Call): Answer {
  const { stageId } = call.params;
  const stage = pipelineOf(call).stages.find(({ id }) => id === stageId);
  if (stage === undefined) throw notFound(`Stage ${stageId} does not exist`);
  return { status: 200, json: presentStage(call, stage) };
}

function pipelinesOf(call: Call): Pipeline[] {
  return typeIn(call).singular === 'deal' ? call.sandbox.portal.pipelines : [];
}

function pipelineOf(call: Call): Pipeline {
  const { pipelineId } = call.params;
  const pipeline = pipelinesOf(call).find(({ id }) => id === pipelineId);
  if (pipeline === undefined) throw notFound(`Pipeline ${pipelineId} does not exist`);
  return pipeline;
}

function presentPipeline(call: Call, { stages, ...pipeline }: Pipeline): unknown {
  return { ...pipeline, ...dates(call), stages: stages.map((stage) => presentStage(call, stage)) };
}

function presentStage(call: Call, stage: Stage): unknown {
  return { ...stage, ...dates(call), writePermissions: 'CRM_PERMISSIONS_ENFORCEMENT' };
}

function dates(call: Call): { createdAt: string; updatedAt: string; archived: boolean } {
  const { createdAt } = call.sandbox.portal;
  return { createdAt, updatedAt: createdAt, archived: false };
}
