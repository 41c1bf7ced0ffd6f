import type { CallOptions } from '../../src/crm/connector.ts';
import type { FoundRecord, ReferenceReading, ReferenceState } from '../../src/crm/matching.ts';
import type { SalesforceClient } from './client.ts';
import { query } from './query.ts';
import { sameId } from './record-id.ts';
import { factFields, FactRow, toFound, type VisibleFields } from './reference-facts.ts';
import { soql, splitBySize, valueSize } from './soql.ts';

const purpose = { stage: 'resolve', write: false } as const;
/** A record may have been merged into one that was merged since. */
const longestChain = 5;

interface Row {
  deleted: boolean;
  masterId: string | null;
  record: FoundRecord;
}

/**
 * What became of records, by `queryAll`: one that was merged away is in the recycle bin and names its master
 * (`MasterRecordId`); emptied from there, after 15 days at the latest, it is only gone.
 */
export async function readReferences(
  client: SalesforceClient,
  request: ReferenceReading,
  visible: VisibleFields,
  options: CallOptions,
): Promise<readonly ReferenceState[]> {
  const known = new Map<string, Row>();
  let wanted = request.crmIds;
  for (let hop = 0; hop < longestChain && wanted.length > 0; hop += 1) {
    for (const [id, row] of await readRows(client, request, wanted, visible, options)) known.set(id, row);
    wanted = mastersOf(known).filter((id) => !known.has(sameId(id)));
  }
  return request.crmIds.map((crmId) => stateOf(crmId, known));
}

async function readRows(
  client: SalesforceClient,
  request: ReferenceReading,
  ids: readonly string[],
  visible: VisibleFields,
  options: CallOptions,
): Promise<Map<string, Row>> {
  const fields = [
    ...factFields(request, visible),
    'IsDeleted',
    ...(visible.has('MasterRecordId') ? ['MasterRecordId'] : []),
  ];
  const rows = new Map<string, Row>();
  // One id that cannot be one would refuse the whole query: what a person typed is not there, that is all.
  for (const oneOf of splitBySize(ids.filter(isRecordId), valueSize)) {
    const text = soql({ from: request.object, fields, where: [{ field: 'Id', oneOf }] });
    for (const row of await query(client, FactRow, { ...purpose, soql: text, deleted: true }, options))
      rows.set(sameId(row.Id), toRow(row, request));
  }
  return rows;
}

function toRow(row: FactRow, request: ReferenceReading): Row {
  const master = row['MasterRecordId'];
  return {
    deleted: row['IsDeleted'] === true,
    masterId: typeof master === 'string' ? master : null,
    record: toFound(row, request),
  };
}

function mastersOf(known: ReadonlyMap<string, Row>): string[] {
  return [...new Set([...known.values()].flatMap(({ masterId }) => masterId ?? []))];
}

function stateOf(crmId: string, known: ReadonlyMap<string, Row>): ReferenceState {
  let at = known.get(sameId(crmId));
  for (let hop = 0; hop < longestChain && at?.deleted && at.masterId !== null; hop += 1)
    at = known.get(sameId(at.masterId));
  if (at === undefined || at.deleted) return { crmId, is: 'gone' };
  return { crmId, is: sameId(at.record.crmId) === sameId(crmId) ? 'alive' : 'merged', record: at.record };
}

function isRecordId(id: string): boolean {
  return /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/.test(id);
}
