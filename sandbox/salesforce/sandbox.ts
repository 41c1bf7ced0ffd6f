import type { SandboxClock } from '../admin/sandbox-clock.ts';
import type { FaultEngine } from '../faults/engine.ts';
import type { JournalFile } from '../journal/journal-file.ts';
import type { RequestLog } from '../journal/request-log.ts';
import type { WriteLog } from '../journal/write-log.ts';
import type { Bulk } from './bulk/bulk.ts';
import type { EventServices } from './events/event-services.ts';
import type { SelectedEntities } from './events/selected-entities.ts';
import type { Credentials } from './oauth/credentials.ts';
import type { Oauth } from './oauth/oauth.ts';
import type { Sessions } from './oauth/sessions.ts';
import type { ComponentStore } from './metadata/component-store.ts';
import type { Deployments } from './metadata/deployments.ts';
import type { Retrievals } from './metadata/retrievals.ts';
import type { SettingsHolder } from './org-settings.ts';
import type { ApiLimits } from './rest/api-limits.ts';
import type { Cursors } from './soql/cursors.ts';
import type { Org } from './store/org.ts';

/** The parts of one running sandbox org, as its servers see them. */
export interface Sandbox extends EventServices {
  /** Where the REST API is reached, without a slash at the end. Set once the port is known. */
  url: string;
  /** Milliseconds added to every API answer. */
  latencyMs: number;
  readonly org: Org;
  /** The org's switches; what is in force is also `org.settings`. */
  readonly settings: SettingsHolder;
  readonly clock: SandboxClock;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly oauth: Oauth;
  readonly limits: ApiLimits;
  readonly cursors: Cursors;
  /** Asynchronous jobs. */
  readonly bulk: Bulk;
  /** Which objects publish change events. */
  readonly selectedEntities: SelectedEntities;
  /** What makes up the org's set-up: custom fields and objects, layouts, selected entities. */
  readonly metadata: ComponentStore;
  readonly deployments: Deployments;
  readonly retrievals: Retrievals;
  readonly writes: WriteLog;
  readonly requests: RequestLog;
  readonly faults: FaultEngine;
  readonly journal: JournalFile;
  readonly users: { integration: string; rep: string };
  /** When the schema last changed, for `If-Modified-Since`. */
  readonly schemaModifiedAt: Date;
}
