import { randomUUID } from 'node:crypto';
import type { CallOptions, FieldValue } from '../crm/connector.ts';
import type { SyncError } from '../crm/sync-error.ts';
import { sameValue } from '../mapping/same-value.ts';
import { isSummed } from '../mapping/summed-field.ts';
import type { WiredConnection } from '../mapping/wired-connection.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import type { Offer } from './field-memory.ts';
import { readCurrent } from './read-current.ts';
import { rememberOffers, tellWhatWaits } from './store-proposals.ts';

/** What became of a decision, for whoever decided. `say` is in plain words. */
export interface Decided {
  outcome: 'accepted' | 'declined' | 'refreshed' | 'refused';
  say: string;
  /** For `refreshed`: what the CRM holds now. */
  held?: FieldValue;
}

export interface AcceptDeps {
  db: Database;
  /** Why nothing may be written to the connection now; null = it may. Counts the write. */
  refuseWrite(connectionId: string): Promise<string | null>;
  open(connectionId: string): Promise<WiredConnection>;
  options(): CallOptions;
  /** Records the write and puts the record under observation, in the given transaction. */
  written(tx: Sql, write: AcceptedWrite): Promise<void>;
  now(): Date;
}

export interface AcceptedWrite {
  connectionId: string;
  dealId: string;
  record: 'deal' | 'contact';
  crmId: string;
  field: string;
  value: FieldValue;
  before: FieldValue;
}

interface Proposal {
  id: bigint;
  dealId: string;
  connectionId: string;
  record: 'deal' | 'contact';
  crmId: string | null;
  field: string;
  offer: Offer;
  held: FieldValue;
  proposed: FieldValue;
}

const columns = `f.id, f.deal_id AS "dealId", f.connection_id AS "connectionId", f.record, f.field, f.offer, f.held, f.proposed,
  CASE f.record WHEN 'deal' THEN (SELECT m.crm_id FROM mirrors m WHERE m.deal_id = f.deal_id AND m.connection_id = f.connection_id)
       ELSE f.crm_id END AS "crmId"`;

/** Longer than the calls of one acceptance may take: after that somebody else may try. */
const leaseSeconds = 120;

/**
 * Writes exactly the proposed field, once, and only over the value that was shown. Where the CRM holds another one by now,
 * the proposal shows that from now on and nothing is written. Safe to repeat after a lost answer: what is there already is
 * not written again.
 * @param held what the person was shown, where the caller knows it
 */
export async function acceptProposal(
  deps: AcceptDeps,
  id: string,
  by: string,
  held?: FieldValue,
): Promise<Decided | null> {
  const token = randomUUID();
  const proposal = await lease(deps.db, id, token);
  if (typeof proposal === 'string') return { outcome: 'refused', say: proposal };
  if (proposal === null) return null;
  try {
    return await accept(deps, proposal, by, held);
  } finally {
    await deps.db.query(
      'UPDATE field_proposals SET lease_token = NULL, leased_until = NULL WHERE id = $1 AND lease_token = $2',
      [proposal.id, token],
    );
  }
}

async function lease(db: Database, id: string, token: string): Promise<Proposal | string | null> {
  const taken = await db.query<Proposal>(
    `UPDATE field_proposals f
        SET lease_token = $2, leased_until = clock_timestamp() + make_interval(secs => $3)
      WHERE id = $1 AND state = 'open' AND (leased_until IS NULL OR leased_until < clock_timestamp())
      RETURNING ${columns}`,
    [id, token, leaseSeconds],
  );
  if (taken[0]) return taken[0];
  const rows = await db.query<{ state: string; note: string | null }>(
    'SELECT state, note FROM field_proposals WHERE id = $1',
    [id],
  );
  const [row] = rows;
  if (!row) return null;
  if (row.state === 'open') return 'Somebody else is accepting it at this moment.';
  return `It is ${row.state} already.${row.note === null ? '' : ` ${row.note}`}`;
}

async function accept(
  deps: AcceptDeps,
  proposal: Proposal,
  by: string,
  shown: FieldValue | undefined,
): Promise<Decided> {
  const { connectionId, crmId, field, proposed } = proposal;
  if (crmId === null) return { outcome: 'refused', say: 'The record is not in the CRM any more.' };
  const connection = await deps.open(connectionId);
  const object = connection.mapping[proposal.record].object;
  const summed = proposal.record === 'deal' ? connection.mapping.summed : undefined;
  const asked = summed?.field === field ? [field, summed.while] : [field];
  const [current] = await readCurrent(connection, object, [crmId], asked, deps.options());
  if (!current || current.deleted) return { outcome: 'refused', say: 'The record was deleted in the CRM.' };
  const now = current.fields[field] ?? null;
  if (sameValue(now, proposed)) {
    await decide(deps, proposal, 'accepted', by, 'The CRM held this value already.');
    return { outcome: 'accepted', say: `The CRM holds ${show(proposed)} already; nothing was written.` };
  }
  if (summed?.field === field && isSummed(summed, current.fields))
    return { outcome: 'refused', say: `${field} is the sum of the record's products; nothing was written.` };
  if (!sameValue(now, shown === undefined ? proposal.held : shown)) return refresh(deps, proposal, now);
  const refusal = await deps.refuseWrite(connectionId);
  if (refusal !== null) return { outcome: 'refused', say: `Nothing is written now: ${refusal}.` };
  const failure = await write(connection, proposal, object, crmId, deps.options());
  if (failure) return { outcome: 'refused', say: refusalText(failure) };
  await decide(deps, proposal, 'accepted', by, null, { ...proposal, crmId, value: proposed, before: now });
  return { outcome: 'accepted', say: `${field} is ${show(proposed)} now; it was ${show(now)}.` };
}

async function write(
  connection: WiredConnection,
  { record, dealId, field, proposed }: Proposal,
  object: string,
  crmId: string,
  options: CallOptions,
): Promise<SyncError | null> {
  const { keyField } = connection.mapping[record];
  const records = [{ key: dealId, crmId, fields: { [field]: proposed } }];
  const request = { kind: record, object, keyField, operation: 'update', records } as const;
  const [outcome] = await connection.connector.push(request, options);
  return outcome?.status === 'failed' ? outcome.error : null;
}

function refusalText({ kind, details }: SyncError): string {
  if (kind === 'ambiguous')
    return 'The CRM did not answer; accept again: what is there already is not written twice.';
  return `The CRM refused it: ${details.plain}${details.nextStep === undefined ? '' : ` ${details.nextStep}`}`;
}

async function refresh(deps: AcceptDeps, proposal: Proposal, held: FieldValue): Promise<Decided> {
  await deps.db.query('UPDATE field_proposals SET held = $2 WHERE id = $1', [
    proposal.id,
    JSON.stringify(held),
  ]);
  const say = `The CRM holds ${show(held)} by now, not ${show(proposal.held)}; nothing was written. Look again, and accept it over that.`;
  return { outcome: 'refreshed', say, held };
}

/** The same edit is not proposed again; another one is. */
export async function declineProposal(
  deps: Pick<AcceptDeps, 'db' | 'now'>,
  id: string,
  by: string,
  note: string | null,
): Promise<Decided | null> {
  const token = randomUUID();
  const proposal = await lease(deps.db, id, token);
  if (typeof proposal === 'string') return { outcome: 'refused', say: proposal };
  if (proposal === null) return null;
  await decide(deps, proposal, 'declined', by, note);
  return { outcome: 'declined', say: `${proposal.field} stays ${show(proposal.held)}.` };
}

async function decide(
  deps: Pick<AcceptDeps, 'db' | 'now'> & Partial<Pick<AcceptDeps, 'written'>>,
  proposal: Proposal,
  state: 'accepted' | 'declined',
  by: string,
  note: string | null,
  write?: AcceptedWrite,
): Promise<void> {
  const { id, dealId, connectionId, record, field, offer } = proposal;
  const key = record === 'contact' ? `contact:${field}` : field;
  const now = deps.now();
  await deps.db.transaction(async (tx) => {
    await tx.query(
      `UPDATE field_proposals SET state = $2, decided_by = $3, decided_at = $4, note = $5, lease_token = NULL, leased_until = NULL
        WHERE id = $1`,
      [id, state, by, now, note],
    );
    if (write) await deps.written?.(tx, write);
    await rememberOffers(tx, connectionId, [{ dealId, offers: { [key]: offer } }], now);
    await tellWhatWaits(tx, connectionId, now);
  });
}

function show(value: FieldValue): string {
  return value === null || value === '' ? 'empty' : String(value);
}
