import { AdminError, type Play } from '../../admin/adapter.ts';
import { DmlError } from '../dml/dml-error.ts';
import { insertRecord } from '../dml/insert.ts';
import type { Input } from '../dml/read-input.ts';
import { deleteRecord, undeleteRecord } from '../dml/remove.ts';
import { updateRecord } from '../dml/update.ts';
import { canonicalId } from '../ids.ts';
import { merge } from './data-plays.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Stage } from '../schema/stages.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import type { Actor, Transaction } from '../store/transaction.ts';

/** Does what a rep does in the CRM's own pages. Returns the row afterwards. Throws an AdminError when it cannot be done. */
export function playAsRep(sandbox: Sandbox, play: Play): { type: ObjectType; row: Row } {
  const { org } = sandbox;
  const type = org.preset.schema.object(play.object ?? 'Opportunity');
  if (type === undefined) throw new AdminError(404, `no object ${play.object ?? ''}`);
  const transaction = org.begin(repOf(sandbox));
  try {
    const id =
      play.action === 'create'
        ? insertRecord(org, transaction, type, play.fields ?? {})['Id']
        : playOn(sandbox, transaction, type, named(org, type, play.id), play);
    org.commit(transaction);
    return { type, row: org.table(type.name).get(id as string) as Row };
  } catch (error) {
    transaction.rollbackTo(0);
    if (error instanceof DmlError) throw new AdminError(400, `${error.code}: ${error.message}`);
    throw error;
  }
}

/** Plays on a record that is there. Returns the id of the one to show afterwards. */
function playOn(
  sandbox: Sandbox,
  transaction: Transaction,
  type: ObjectType,
  before: Row,
  play: Play,
): unknown {
  const { org } = sandbox;
  if (play.action === 'merge') {
    const { id } = merge(
      sandbox,
      transaction,
      type.name,
      play.into ?? '',
      [String(before['Id'])],
      play.fields ?? {},
    );
    return id;
  }
  if (play.action === 'delete') deleteRecord(org, transaction, type, live(before));
  else if (play.action === 'undelete') undeleteRecord(org, transaction, type, deleted(before));
  else updateRecord(org, transaction, type, live(before), changeOf(sandbox, type, before, play));
  return before['Id'];
}

function named(org: Org, type: ObjectType, id: string | undefined): Row {
  const row = org.table(type.name).get(canonicalId(id ?? '') ?? '');
  if (row === undefined) throw new AdminError(404, `no ${type.name} ${id ?? ''}`);
  return row;
}

/** People leave no client name and no API origin behind. */
function repOf(sandbox: Sandbox): Actor {
  return { origin: 'rep', userId: sandbox.users.rep, client: '', changeOrigin: '', requestId: '' };
}

function live(row: Row): Row {
  if (row['IsDeleted'] === true) throw new AdminError(400, 'the record is deleted');
  return row;
}

function deleted(row: Row): Row {
  if (row['IsDeleted'] !== true) throw new AdminError(400, 'the record is not deleted');
  return row;
}

function changeOf(sandbox: Sandbox, type: ObjectType, before: Row, play: Play): Input {
  const fields = play.fields ?? {};
  if (play.action === 'update') return fields;
  if (type.name !== 'Opportunity') throw new AdminError(400, `${play.action} is for opportunities`);
  return { ...fields, StageName: targetStage(sandbox, before, play) };
}

function targetStage(sandbox: Sandbox, before: Row, play: Play): string {
  const { stages } = sandbox.org.preset;
  if (play.action === 'stage' && play.stage !== undefined) return play.stage;
  if (play.action === 'reopen')
    return lastOpenStage(sandbox, before) ?? nameOf(stages, (stage) => !stage.closed);
  if (play.action === 'win') return nameOf(stages, (stage) => stage.won);
  if (play.action === 'lose') return nameOf(stages, (stage) => stage.closed && !stage.won);
  throw new AdminError(400, 'which stage?');
}

function nameOf(stages: readonly Stage[], wanted: (stage: Stage) => boolean): string {
  const found = stages.find((stage) => stage.active && wanted(stage));
  if (found === undefined) throw new AdminError(400, 'the org has no such stage');
  return found.name;
}

/** Where the opportunity stood before it was closed. */
function lastOpenStage(sandbox: Sandbox, row: Row): string | undefined {
  const { org } = sandbox;
  const history = org.table('OpportunityHistory');
  const open = new Set(
    org.preset.stages.filter((stage) => stage.active && !stage.closed).map((stage) => stage.name),
  );
  const names = [...(history.lookup('OpportunityId', row['Id'] as string) ?? [])]
    .map((id) => history.get(id))
    .sort((left, right) => Number(left?.['CreatedDate']) - Number(right?.['CreatedDate']))
    .map((entry) => String(entry?.['StageName']));
  return names.findLast((name) => open.has(name));
}
