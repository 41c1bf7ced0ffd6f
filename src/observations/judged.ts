import type { DealSnapshot } from '../crm/connector.ts';
import type { WiredConnection } from '../mapping/wired-connection.ts';
import type { Sql } from '../platform/database/database.ts';
import type { Judgement } from './judge-snapshot.ts';
import type { LoadedRecord } from './load-records.ts';

/** What of a connection a judgement needs: nothing that could call the CRM. */
export type ObservedConnection = Pick<WiredConnection, 'id' | 'mapping' | 'identity'>;

/** What the mirror must hear of; called in the same transaction. */
export interface ObservationOutputs {
  recordsDeleted(tx: Sql, connectionId: string, dealIds: readonly string[], now: Date): Promise<void>;
  recordsRestored(tx: Sql, connectionId: string, dealIds: readonly string[], now: Date): Promise<void>;
  recordsDrifted(tx: Sql, connectionId: string, dealIds: readonly string[], now: Date): Promise<void>;
}

export interface Judged {
  record: LoadedRecord;
  snapshot: DealSnapshot;
  judgement: Judgement;
}
