import type { DealSnapshot, Fields, StageEntry } from '../crm/connector.ts';
import type { WiredConnection } from '../mapping/wired-connection.ts';
import type { Sql } from '../platform/database/database.ts';
import type { Judgement } from './judge-snapshot.ts';
import type { LoadedRecord } from './load-records.ts';

/** What of a connection a judgement needs: nothing that could call the CRM. */
export type ObservedConnection = Pick<WiredConnection, 'id' | 'mapping' | 'identity' | 'stages'>;

/** What the mirror must hear of; called in the same transaction. */
export interface ObservationOutputs {
  recordsDeleted(tx: Sql, connectionId: string, dealIds: readonly string[], now: Date): Promise<void>;
  recordsRestored(tx: Sql, connectionId: string, dealIds: readonly string[], now: Date): Promise<void>;
  recordsDrifted(tx: Sql, connectionId: string, dealIds: readonly string[], now: Date): Promise<void>;
  /** Compares with what we sent. @returns deals of which a field of ours is to be put right */
  fieldsSeen?(
    tx: Sql,
    connection: ObservedConnection,
    seen: readonly SeenFields[],
    revisions: ReadonlyMap<string, number>,
    now: Date,
  ): Promise<string[]>;
}

export interface SeenFields {
  dealId: string;
  crmId: string;
  fields: Fields;
  stageHistory: readonly StageEntry[];
  /** The record shows an older version than we mirrored; all of it is written again. */
  outdated: boolean;
}

export interface ApplySettings {
  now: Date;
  settleMs: number;
  /** What had been written of each record before it was read, by CRM id; a record that is not in it is not compared. */
  revisions?: ReadonlyMap<string, number>;
}

export interface Judged {
  record: LoadedRecord;
  snapshot: DealSnapshot;
  judgement: Judgement;
}
