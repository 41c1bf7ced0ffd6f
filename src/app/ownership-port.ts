import { newId } from '../platform/ids.ts';
import { callTimeoutMs } from '../mirror/lease.ts';
import { readGate, reserveWrites } from '../mirror/gate.ts';
import { observeLearned } from '../observations/raise-hints.ts';
import {
  acceptProposal,
  declineProposal,
  type AcceptDeps,
  type AcceptedWrite,
  type Decided,
} from '../ownership/decide-proposal.ts';
import { rememberSent } from '../ownership/field-memory.ts';
import type { Sql } from '../platform/database/database.ts';
import type { Application } from './open-application.ts';

export interface OwnershipPort {
  accept(id: string, by: string, held?: string | number | boolean | null): Promise<Decided | null>;
  decline(id: string, by: string, note: string | null): Promise<Decided | null>;
}

type Needed = Pick<Application, 'db' | 'clock' | 'wiring'>;

/** Deciding about late edits: the gate, the connection and the observation of the record that is written. */
export function ownershipPort(app: Needed): OwnershipPort {
  const deps: AcceptDeps = {
    db: app.db,
    open: (connectionId) => app.wiring.open(connectionId),
    refuseWrite: (connectionId) => refuseWrites(app, connectionId, 1),
    options: () => ({ deadline: Date.now() + callTimeoutMs }),
    written: (tx, write) => recordAccepted(app, tx, write),
    now: () => app.clock.now(),
  };
  return {
    accept: (id, by, held) => acceptProposal(deps, id, by, held),
    decline: (id, by, note) => declineProposal(deps, id, by, note),
  };
}

/** Why so many records may not be written by hand just now; null = they may, and are counted. */
export async function refuseWrites(
  app: Pick<Application, 'db' | 'clock'>,
  connectionId: string,
  count: number,
): Promise<string | null> {
  const now = app.clock.now();
  const gate = await readGate(app.db, connectionId, now);
  if (!gate) return 'there is no such connection';
  if (gate.closedBecause !== null) return gate.closedBecause;
  if (gate.mode === 'shadow') return 'the connection is in shadow';
  if (await reserveWrites(app.db, gate, count, now)) return null;
  return `the cap of ${gate.hourlyWriteCap ?? 0} writes an hour is reached; try again in the next hour`;
}

async function recordAccepted(
  app: Needed,
  tx: Sql,
  { connectionId, dealId, record, crmId, field, value }: AcceptedWrite,
): Promise<void> {
  const now = app.clock.now();
  await tx.query(
    `INSERT INTO crm_writes (run_id, connection_id, kind, key, deal_id, version, crm_id, outcome, operation, fields, error, occurred_at)
     VALUES ($1, $2, $3, $4, $5, NULL, $6, 'written', 'update', $7, NULL, $8)`,
    [newId(app.clock), connectionId, record, dealId, dealId, crmId, JSON.stringify({ [field]: value }), now],
  );
  if (record !== 'deal') return;
  await observeLearned(tx, connectionId, [{ crmId, dealId }], now);
  await rememberSent(
    tx,
    connectionId,
    [{ dealId, fields: { [field]: value }, offers: {}, created: false }],
    now,
  );
}
