import type { CallOptions, Fields, PushRequest, RecordWrite, WriteOutcome } from '../../src/crm/connector.ts';
import { SyncError } from '../../src/crm/sync-error.ts';
import { z } from 'zod';
import { associate, DEAL_TO_COMPANY, type Failures, type Pair } from './associate.ts';
import {
  DEAL_TO_PRIMARY_COMPANY,
  isCompanyField,
  isDeal,
  PARTNER_COMPANY,
  PRIMARY_COMPANY,
  type Companies,
} from './company-fields.ts';
import type { CallSite } from './errors.ts';
import { push } from './push.ts';
import { readAssociations, type Neighbours } from './read-associations.ts';
import { associationBatchPath } from './versions.ts';

const READ: CallSite = { stage: 'push', write: false };
const WRITE: CallSite = { stage: 'push', write: true };
/** The most labels that one call takes away (facts: Associations). */
const ARCHIVED_AT_ONCE = 100;

/**
 * Writes records, and the companies of deals that are there already as their fields say. Those of a new deal are made by
 * `link`, together with all the other associations.
 */
export async function pushWithCompanies(
  needed: Companies,
  request: PushRequest,
  options: CallOptions,
): Promise<WriteOutcome[]> {
  const wanted = request.records.filter(({ fields }) => Object.keys(fields).some(isCompanyField));
  if (!isDeal(request.object) || wanted.length === 0) return push(needed.call, request, options);
  const own = request.records.map((record) => ({ ...record, fields: withoutCompanies(record.fields) }));
  const isEmpty = ({ fields }: RecordWrite): boolean =>
    request.operation === 'update' && Object.keys(fields).length === 0;
  const sent = own.filter((record) => !isEmpty(record));
  const pushed = sent.length === 0 ? [] : await push(needed.call, { ...request, records: sent }, options);
  const outcomes = new Map(pushed.map((outcome) => [outcome.key, outcome]));
  for (const { key, crmId = '' } of own.filter(isEmpty))
    outcomes.set(key, { key, status: 'written', crmId, created: false });
  if (request.operation === 'update') {
    const there = wanted.filter(({ key }) => outcomes.get(key)?.status === 'written');
    for (const [key, error] of await writeCompanies(needed, there, options))
      outcomes.set(key, { key, status: 'failed', error });
  }
  return request.records.flatMap(({ key }) => outcomes.get(key) ?? []);
}

function withoutCompanies(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !isCompanyField(name)));
}

/** Only what differs is written. Later failures are those of their records: their properties are written already. */
async function writeCompanies(
  { call, labelOf }: Companies,
  records: readonly RecordWrite[],
  options: CallOptions,
): Promise<Failures> {
  const failures: Failures = new Map();
  if (records.length === 0) return failures;
  try {
    const label = records.some(({ fields }) => PARTNER_COMPANY in fields) ? await labelOf(options) : null;
    const ids = records.map(({ crmId = '' }) => crmId);
    const companies = await readAssociations(call, READ, { from: 'deals', to: 'companies', ids }, options);
    const of = ({ crmId = '' }: RecordWrite): Neighbours => companies.get(crmId) ?? new Map();
    const made = records.flatMap((record) => missingPairs(record, of(record), label));
    await associate(call, 'deals', 'companies', made, failures, options);
    // A company that was not given the label leaves the one that has it alone.
    const stale = records
      .filter(({ key }) => !failures.has(key))
      .flatMap((record) => stalePairs(record, of(record), label));
    for (let start = 0; start < stale.length; start += ARCHIVED_AT_ONCE) {
      const path = associationBatchPath('deals', 'companies', 'labels/archive');
      const body = { inputs: stale.slice(start, start + ARCHIVED_AT_ONCE) };
      await call(WRITE, { method: 'POST', path, body }, z.unknown(), options);
    }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    for (const { key } of records) failures.set(key, error);
  }
  return failures;
}

function missingPairs(
  { key, crmId = '', fields }: RecordWrite,
  existing: Neighbours,
  label: number | null,
): Pair[] {
  const { [PRIMARY_COMPANY]: primary, [PARTNER_COMPANY]: partner } = fields;
  const pair = (to: string, type: number): Pair => ({ from: crmId, to, type, keys: [key] });
  const pairs: Pair[] = [];
  if (typeof primary === 'string' && !existing.get(primary)?.includes(DEAL_TO_PRIMARY_COMPANY))
    pairs.push(pair(primary, DEAL_TO_PRIMARY_COMPANY));
  if (typeof partner === 'string' && label !== null && !existing.get(partner)?.includes(label))
    pairs.push({ ...pair(partner, DEAL_TO_COMPANY), label });
  return pairs;
}

/** Whatever else the company is to the deal stays: only the label goes. */
function stalePairs(
  { crmId = '', fields }: RecordWrite,
  existing: Neighbours,
  label: number | null,
): object[] {
  const { [PARTNER_COMPANY]: partner } = fields;
  if (partner === undefined || label === null) return [];
  const types = [{ associationCategory: 'USER_DEFINED', associationTypeId: label }];
  return [...existing].flatMap(([id, held]) =>
    id !== partner && held.includes(label) ? [{ from: { id: crmId }, to: { id }, types }] : [],
  );
}
