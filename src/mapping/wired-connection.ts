import type { Capabilities, Connector, CrmIdentity, Stage } from '../crm/connector.ts';
import type { FittedMapping } from './fit.ts';
import type { StartRule } from './fit-pipelines.ts';

/** A connection ready for work: the vendor's connector, the org it is pinned to and the mapping fitted to that org. */
export interface WiredConnection {
  id: string;
  vendor: string;
  connector: Connector;
  capabilities: Capabilities;
  identity: CrmIdentity;
  mapping: FittedMapping;
  /** Where a new deal starts: the first stage that is neither closed nor won. */
  openStage: Stage;
  /** Where it starts instead, by facts of the deal. */
  startRules?: readonly StartRule[];
  /** All stages in use, for rules that speak of one. */
  stages?: readonly Stage[];
  /** Field names only we write; a change of any other field is never our echo. */
  ownFields: ReadonlySet<string>;
  /** Which of the connection's logins, counted, it was opened with. */
  loginEpoch?: number;
}

export interface WiredConnections {
  /** Opens or reuses. Rejects with SyncError (credentials, network) or PinnedToOther / MappingUnfit from the app. */
  open(connectionId: string): Promise<WiredConnection>;
  /** Drops the cached one, so that the next open reads credentials, mapping and describe afresh. */
  forget(connectionId: string): Promise<void>;
  /** The CRM refused a field or value as unknown: before the next use it is described again, at full length. */
  recheck?(connectionId: string): void;
}
