import { AdminError, type AdminRecord, type Play } from '../../admin/adapter.ts';
import { DEAL, objectType, type ObjectType } from '../portal/object-types.ts';
import { isClosed, isWon, type Pipeline, type Stage } from '../portal/pipelines.ts';
import { repAuthor, type Author } from '../records/author.ts';
import type { RecordChange } from '../records/change.ts';
import { checkProperties, type RawProperties } from '../records/check-properties.ts';
import { planMerge } from '../records/plan-merge.ts';
import { historyOf, type CrmRecord } from '../records/record.ts';
import type { Sandbox } from '../sandbox.ts';
import { presentForAdmin } from './present-record.ts';

/** Carries out what a rep does in HubSpot's own pages: origin `rep`, history, webhooks and all. */
export function playRep(sandbox: Sandbox, play: Play): AdminRecord | undefined {
  const type = typeNamed(play.object ?? DEAL.plural);
  const record = sandbox.ledger.stores[type.id].get(play.id ?? '');
  if (record === undefined) throw new AdminError(404, `no ${type.singular} ${play.id ?? ''}`);
  const author = authorOf(sandbox, record);
  switch (play.action) {
    case 'create':
    case 'convert':
      throw new AdminError(400, `"${play.action}" is not played in this sandbox`);
    case 'win':
    case 'lose':
    case 'reopen':
    case 'stage':
      write(sandbox, type, record, author, { ...play.fields, dealstage: stageFor(sandbox, record, play) });
      break;
    case 'update':
      write(sandbox, type, record, author, play.fields ?? {});
      break;
    case 'delete':
    case 'undelete':
      archiveOrRestore(sandbox, type, record, author, play.action);
      break;
    case 'merge':
      return merge(sandbox, type, record, author, play.into);
  }
  return presentForAdmin(sandbox, record);
}

/** The object type an admin request names; throws 404. */
export function typeNamed(name: string): ObjectType {
  const type = objectType(name);
  if (type === undefined) throw new AdminError(404, `no object "${name}"`);
  return type;
}

/** The deal's owner acts, or the first of the team when nobody owns it. */
function authorOf(sandbox: Sandbox, record: CrmRecord): Author {
  const { owners } = sandbox.portal;
  const owner = owners.find(({ id }) => id === record.values['hubspot_owner_id']) ?? owners[0];
  return repAuthor(owner?.userId ?? 0);
}

function stageFor(sandbox: Sandbox, record: CrmRecord, play: Play): string {
  if (play.action === 'stage') {
    if (play.stage === undefined) throw new AdminError(400, 'which stage?');
    return play.stage;
  }
  const pipelineId = String(play.fields?.['pipeline'] ?? record.values['pipeline']);
  const pipeline = sandbox.portal.pipelines.find(({ id }) => id === pipelineId);
  const stage = pipeline && stageOf(pipeline, record, play.action);
  if (stage === undefined)
    throw new AdminError(400, `pipeline ${pipelineId} has no stage to ${play.action} in`);
  return stage.id;
}

/** Win and lose take the first such stage; reopening goes back to the last open stage the deal was in. */
function stageOf(pipeline: Pipeline, record: CrmRecord, action: Play['action']): Stage | undefined {
  if (action === 'win') return pipeline.stages.find(isWon);
  if (action === 'lose') return pipeline.stages.find((stage) => isClosed(stage) && !isWon(stage));
  const open = pipeline.stages.filter((stage) => !isClosed(stage));
  const past = historyOf(record, 'dealstage', Infinity).map(({ value }) => value);
  const last = past.find((id) => open.some((stage) => stage.id === id));
  return open.find(({ id }) => id === last) ?? open[0];
}

function write(
  sandbox: Sandbox,
  type: ObjectType,
  record: CrmRecord,
  author: Author,
  fields: Record<string, unknown>,
): void {
  if (record.archivedAt !== undefined) throw new AdminError(400, `${type.singular} ${record.id} is archived`);
  const raw = fields as RawProperties;
  const { values, calculated, faults } = checkProperties(
    sandbox.portal,
    type.id,
    raw,
    record,
    sandbox.clock.ms(),
  );
  if (faults.length > 0) throw new AdminError(400, faults.map(({ message }) => message).join('; '));
  checkUnique(sandbox, type, record, values);
  commit(sandbox, author, { op: 'update', type: type.id, id: record.id, values, calculated });
}

function checkUnique(
  sandbox: Sandbox,
  type: ObjectType,
  record: CrmRecord,
  values: Record<string, string>,
): void {
  for (const name of sandbox.portal.schemas[type.id].unique) {
    const value = values[name];
    const holder = value ? sandbox.ledger.stores[type.id].byUnique(name, value) : undefined;
    if (holder !== undefined && holder !== record) {
      throw new AdminError(400, `${holder.id} already has ${name} ${value}`);
    }
  }
}

function archiveOrRestore(
  sandbox: Sandbox,
  type: ObjectType,
  record: CrmRecord,
  author: Author,
  op: 'delete' | 'undelete',
): void {
  const archived = record.archivedAt !== undefined;
  if (archived === (op === 'delete')) {
    throw new AdminError(
      400,
      `${type.singular} ${record.id} is ${archived ? 'archived already' : 'not archived'}`,
    );
  }
  if (op === 'undelete') checkUnique(sandbox, type, record, record.values);
  commit(sandbox, author, { op, type: type.id, id: record.id, values: {} });
}

function merge(
  sandbox: Sandbox,
  type: ObjectType,
  record: CrmRecord,
  author: Author,
  into: string | undefined,
): AdminRecord {
  const primary = into === undefined ? undefined : sandbox.ledger.stores[type.id].live(into);
  if (primary === undefined || primary === record || record.archivedAt !== undefined) {
    throw new AdminError(400, `cannot merge ${record.id} into ${into ?? 'nothing'}`);
  }
  return presentForAdmin(sandbox, sandbox.ledger.commitMerge(author, planMerge(sandbox, primary, record)));
}

function commit(sandbox: Sandbox, author: Author, change: RecordChange): void {
  sandbox.ledger.commitRecords(author, [change]);
}
