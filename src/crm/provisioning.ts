/**
 * Preparing a CRM for the mirror, and looking whether it is prepared. What is needed is derived from the mapping by name
 * (`src/mapping/needs.ts`); how a vendor makes it stands in `connectors/<vendor>/provision`.
 */

import type { CallOptions } from './call-options.ts';

/** A field the mapping writes. */
export interface NeededWrite {
  field: string;
  /** What is always written there, where the mapping says so: a picklist must offer it. */
  constant?: string | number | boolean;
  /** Written again after the record was created. */
  changes: boolean;
  /** The mapping does without it where the CRM has none. */
  optional: boolean;
}

export interface ObjectNeed {
  /** lead: what a deal is until it is converted. */
  record: 'account' | 'contact' | 'deal' | 'lead';
  object: string;
  /** Holds our key; must be unique. */
  keyField: string;
  writes: readonly NeededWrite[];
  reads: readonly { field: string; optional: boolean }[];
}

/** What a mapping asks of a CRM. All names, no record ids. */
export interface Needs {
  objects: readonly ObjectNeed[];
  /** The mapping's further sections (tags, owner, card, …) as they stand there, with their defaults. */
  sections: Readonly<Record<string, unknown>>;
}

/**
 * exists: as it is needed. create: will be made. extend: something of ours will get what it lacks. differs: there, but not
 * as needed; never changed silently. by-hand: a person has to. remove: will go. stays: not ours, or must not go.
 */
export type PlanState = 'exists' | 'create' | 'extend' | 'differs' | 'by-hand' | 'remove' | 'stays';

export interface PlanItem {
  /** Stable name: `field Opportunity.Tributary_Deal_Id__c`. */
  item: string;
  state: PlanState;
  /** What is there or will be, in plain words. */
  found: string;
  nextStep?: string;
}

export interface ProvisionPlan {
  /** The CRM account the plan was made against. */
  accountId: string;
  actsAs: string;
  items: readonly PlanItem[];
  /**
   * Does what the plan says, in its order, and tells of each item once it is done. Stops at the first failure.
   * @throws SyncError naming the item; what was told of before is made, and a new plan goes on from there
   */
  carryOut(done: (item: PlanItem) => Promise<void>, options: StepOptions): Promise<void>;
  /** The same as files an administrator can deploy with the vendor's own tools, by path. */
  files?(): ReadonlyMap<string, string>;
}

export interface StepOptions {
  /** Milliseconds that each call may take. */
  callTimeoutMs: number;
}

/** Where the CRM should report changes, for CRMs that are told so through an app's own settings. */
export interface WebhookWish {
  /** Null: this installation has no public address. */
  targetUrl: string | null;
  /** Opens the settings of the app itself, where no login of a CRM account does; null: nobody gave one. */
  developerKey: string | null;
}

export interface ProvisionChoice {
  /** The user the mirror runs as, who gets the permissions; by the name they log in with. */
  runsAs: string;
  /** Page layouts to put our section on; none chosen: the only one there is. */
  layouts: readonly string[];
  webhooks?: WebhookWish;
}

export interface RemovalChoice {
  /** Items that `carryOut` told of earlier: what cannot bear a mark of ours in the CRM itself. */
  made: ReadonlySet<string>;
  webhooks?: WebhookWish;
}

/** An administrator's hands in one CRM account. */
export interface Provisioner {
  plan(needs: Needs, choice: ProvisionChoice, options: StepOptions): Promise<ProvisionPlan>;
  /** What earlier runs made, and only that. */
  planRemoval(choice: RemovalChoice, options: StepOptions): Promise<ProvisionPlan>;
}

/** `Context` is what the vendor's connector is opened with: `ConnectorContext` of `connector.ts`. */
export interface ProvisioningDefinition<Credentials, Context> {
  /** The name the connection's own user logs in with; null where only the CRM knows. */
  runsAs(credentials: Credentials): string | null;
  /** Absent: an administrator has no static token there. */
  withToken?(token: string): Credentials;
  /** `runtime` is the connection's own user, who sees what an administrator may not: how many records carry a value. */
  open(admin: Context, runtime: Context): Provisioner;
}

export interface InspectOptions extends CallOptions {
  /** Where changes should be reported to, to be compared with where they are. */
  webhooks?: WebhookWish;
  /** ISO 4217, of the deals there are. */
  currencies?: readonly string[];
}

/** One thing `doctor` looked at through the connection's own user. */
export interface Inspection {
  check: string;
  ok: boolean;
  found: string;
  /** The exact remedy; null when all is well. */
  nextStep: string | null;
  /** The field it is about, so that nothing is said twice. */
  field?: { object: string; field: string };
}
