/**
 * What a CRM is to us. `connectors/<vendor>/definition.ts` exports a `ConnectorDefinition`; nothing else of a vendor
 * is visible to the rest of the product.
 *
 * Rules every implementation keeps:
 * - every call is bounded by `CallOptions.deadline`; a write without a conclusive answer rejects with kind `ambiguous`
 * - no call retries by itself (the engine owns retries), except one token refresh per call after an authentication failure
 * - one bad record never fails its neighbours: a per-record problem is an outcome, only a problem of the whole call rejects
 * - rejections are always `SyncError`
 */
import type { z } from 'zod';
import type { InspectOptions, Inspection, Needs, ProvisioningDefinition } from './provisioning.ts';
import type { Clock } from '../platform/clock.ts';
import type { AuthorizationFlow } from './authorization.ts';
import type { BulkWriter } from './bulk.ts';
import type { CallOptions } from './call-options.ts';
import type { CallTurns } from './call-turns.ts';
import type { ChangeHint } from './change-hint.ts';
import type { FoundRecord, MatchRequest, ReferenceReading, ReferenceState } from './matching.ts';
import type { ListeningConnector } from './stream.ts';
import type { OwnersFound, OwnersWanted } from './owners.ts';
import type { RecordType, RecordTypeValues } from './record-types.ts';
import type { DealExtras } from './deal-extras.ts';
import type { DealLineItem, SummedField } from './line-items.ts';
import type { ReadRecords } from './read-records.ts';
import type { RememberRead } from './remember-read.ts';
import type { SharedLogin } from './shared-login.ts';
import type { SyncError } from './sync-error.ts';
import type { NamesFound, NamesWanted, TagFields, TagResult } from './tags.ts';
import type { ApiUsage, CrmLimits } from './usage.ts';
import type { FieldValue, LinkWanted, RecordWrite, WriteOutcome } from './writes.ts';

export type { CallOptions } from './call-options.ts';
export type { ChangeHint } from './change-hint.ts';
export type { FieldValue, Fields, LinkWanted, RecordWrite, WriteOutcome } from './writes.ts';

export type RecordKind = 'account' | 'contact' | 'deal';

export interface CrmIdentity {
  /** Salesforce organization id, HubSpot portal id. Connections are pinned to it. */
  accountId: string;
  name: string;
  production: boolean;
  /** The currency of amounts in an org without multi-currency; ISO 4217. */
  currency: string;
  /** The user or app that our writes travel under. */
  actsAs: string;
  /** What the vendor stamps on changes we made, where notifications carry it (HubSpot: the app id). */
  originId?: string;
}

export interface FieldDescription {
  name: string;
  label: string;
  type: 'string' | 'number' | 'boolean' | 'date' | 'datetime' | 'picklist' | 'reference' | 'other';
  length?: number;
  createable: boolean;
  updateable: boolean;
  unique: boolean;
  required: boolean;
  /** For a restricted picklist: the values accepted. */
  allowedValues?: readonly string[];
  /** Values that were deactivated, of any picklist. */
  inactiveValues?: readonly string[];
}

export interface ObjectDescription {
  object: string;
  fields: ReadonlyMap<string, FieldDescription>;
  /** Where the CRM has kinds of records. */
  recordTypes?: readonly RecordType[];
  /** Another programme of the vendor's copies these records to and from another CRM. */
  nativeSync?: NativeSync;
}

export interface NativeSync {
  /** Vendor of the other CRM, as its connector names itself. */
  with: string;
  /** What shows it, for people. */
  evidence: string;
}

export interface Stage {
  /** The API value (Salesforce ApiName, HubSpot stage id), never the label. */
  id: string;
  pipeline?: string;
  pipelineLabel?: string;
  label: string;
  closed: boolean;
  won: boolean;
  order: number;
}

export interface PushRequest {
  kind: RecordKind;
  object: string;
  /** The unique field that holds our key. HubSpot contacts: `email`. */
  keyField: string;
  /** upsert: by our key, used only while no CRM id is known. update: by CRM id only, never creates. */
  operation: 'upsert' | 'update';
  /** At most `capabilities.writeBatch`. Keys are unique within the request. */
  records: readonly RecordWrite[];
  /** A person allowed this one record although a duplicate rule of the CRM objects: exactly one record, once. */
  allowDuplicate?: true;
}

export type LinkOutcome =
  | { key: string; status: 'linked'; tags?: TagResult }
  | { key: string; status: 'failed'; error: SyncError; tags?: TagResult };

export interface StageEntry {
  /** Stable id of the history entry: the vendor's own, or derived from its time and value. */
  id: string;
  at: Date;
  stage: string;
  closed: boolean;
  won: boolean;
  /** The CRM has no such stage any more and does not say what it meant: shown as open. */
  unknown?: true;
  /** Decimal string, where the vendor's history carries it. */
  amount?: string | null;
  currency?: string | null;
}

export interface DealSnapshot {
  crmId: string;
  /** Set when the record asked for now lives under another id (merged). */
  mergedFrom?: string;
  deleted: boolean;
  /** The vendor's modification time, in the vendor's clock. */
  modifiedAt: Date;
  /** When the read was sent, in the vendor's clock and never later: whatever was committed by then is in it. */
  asOf?: Date;
  /** Raw values of the fields asked for, by vendor field name. */
  fields: Record<string, FieldValue>;
  /** Oldest first, in the vendor's order. */
  stageHistory: readonly StageEntry[];
  /** Set where line items were read with it; in the order of their ids. */
  lineItems?: readonly DealLineItem[];
}

/** A window of the vendor's clock, half-open: [from, to). */
export interface PollWindow {
  from: Date;
  to: Date;
  /** Continue after this record id. */
  after?: string;
  /** A change of a deal's products is one of the deal, where the CRM does not count it so by itself. */
  withLineItems?: boolean;
}

export interface PollPage {
  hints: readonly ChangeHint[];
  /** Present when more pages follow in this window. */
  next?: string;
}

export interface Connector extends ListeningConnector, DealExtras {
  identify(options: CallOptions): Promise<CrmIdentity>;
  /** Cheap to repeat: a CRM that can say that nothing changed is asked so. `fresh`: believe no such answer. */
  describe(object: string, options: CallOptions & { fresh?: boolean }): Promise<ObjectDescription>;
  /** What another process was told of an object minutes ago: it need not be asked again. */
  heedDescription?(description: ObjectDescription): void;
  stages(options: CallOptions): Promise<readonly Stage[]>;
  /** The vendor's current time, from an answer's Date header; polls are windowed in it. */
  vendorNow(options: CallOptions): Promise<Date>;

  /** Existing records that could be any of those wanted, with their raw facts; [] = none found (which is no licence to create without a key). */
  findMatches(request: MatchRequest, options: CallOptions): Promise<readonly FoundRecord[]>;
  /**
   * What became of accounts or contacts we refer to: merged, deleted, or still there. In the order asked for. Connectors
   * without it are not asked: what was merged there answers under its new id by itself.
   */
  readReferences?(request: ReferenceReading, options: CallOptions): Promise<readonly ReferenceState[]>;
  /** key → CRM id, by a consistent read (unique index), never by search. Missing keys are absent. */
  lookupByKey(
    object: string,
    keyField: string,
    keys: readonly string[],
    options: CallOptions,
  ): Promise<ReadonlyMap<string, string>>;
  push(request: PushRequest, options: CallOptions): Promise<readonly WriteOutcome[]>;
  link(links: readonly LinkWanted[], options: CallOptions): Promise<readonly LinkOutcome[]>;
  /** Looks up what the mapping's sections name, and says what this org cannot do. Absent: the CRM has no such tags. */
  resolveNames?(wanted: NamesWanted, options: CallOptions): Promise<NamesFound>;
  /** For rules that give new deals an owner. */
  readOwners?(wanted: OwnersWanted, options: CallOptions): Promise<OwnersFound>;
  /** The picklist values that records of one type may take. */
  recordTypeValues?(object: string, recordTypeId: string, options: CallOptions): Promise<RecordTypeValues>;

  /** Direct reads by id (never out of search results), at most `capabilities.readBatch`. Unknown ids: deleted snapshots. */
  readDeals(
    object: string,
    crmIds: readonly string[],
    fields: readonly string[],
    options: CallOptions,
  ): Promise<readonly DealSnapshot[]>;
  /** Any object's records as they are now, without history. Where it is missing, only deals can be looked at. */
  readRecords?: ReadRecords;
  /** Records carrying our key that changed in the window, paged by record id; includes deletions where the vendor can. */
  poll(object: string, keyField: string, window: PollWindow, options: CallOptions): Promise<PollPage>;
  /** What of permissions, fields, picklists and notifications is missing, each with its remedy; few calls. */
  inspect?(needs: Needs, options: InspectOptions): Promise<readonly Inspection[]>;
  /** Only where the CRM takes whole files of records. */
  bulk?: BulkWriter;
  /** As the last answers said; null while none has. Costs no call. */
  usage?(): ApiUsage | null;
  /** All of the CRM's allowances that matter here, asked for: one call. */
  limits?(options: CallOptions): Promise<CrmLimits>;
  /** Resolves when the login still works, asking the CRM as little as possible. Rejects as every call does. */
  checkLogin?(options: CallOptions): Promise<void>;
  close(): Promise<void>;
}

export interface Capabilities {
  /** Most records per write call. */
  writeBatch: number;
  /** Most records per readDeals call. */
  readBatch: number;
  /** Most keys per findMatches or lookupByKey call; so many that the queries behind it are well filled. */
  matchBatch: number;
  /** Most deals per link call. */
  linkBatch: number;
  notifications: 'stream' | 'webhook';
  /** Contacts are upserted by e-mail, so no search is needed before. */
  contactKey: 'own-field' | 'email';
  /** Where the CRM has tags. */
  tagFields?: TagFields;
  /** Fields of deals that can be read and written, but that no search can ask for. */
  unsearchable?: readonly string[];
  /** Where the products of a deal decide a field of it. */
  summed?: SummedField;
}

export interface WebhookRequest {
  method: string;
  /** The full public URL the vendor called. */
  url: string;
  headers: Readonly<Record<string, string | undefined>>;
  rawBody: Buffer;
}

export interface WebhookHint extends ChangeHint {
  /** Which CRM account the event is for; must equal the connection's pinned id. */
  accountId: string;
  /** The same when the vendor sends the same event again; absent where that cannot be told. */
  eventKey?: string;
}

export interface ParsedWebhook {
  hints: readonly WebhookHint[];
  bad: readonly { element: unknown; reason: string }[];
}

export interface WebhookReceiver<Settings = unknown> {
  /** Null when genuine, else why not (for the log, never for the answer). Secrets: newest first. Settings: the connection's. */
  refuse(request: WebhookRequest, secrets: readonly string[], now: Date, settings?: Settings): string | null;
  /** Why a genuine body is not one this vendor would send; null: it is stored. What is odd in its elements is `parse`'s matter. */
  malformed?(rawBody: Buffer): string | null;
  parse(rawBody: Buffer, ourAppId: string | undefined): ParsedWebhook;
}

export interface ConnectorContext<Settings, Credentials> {
  connectionId: string;
  settings: Settings;
  credentials: Credentials;
  /** Called when the vendor rotates a token; resolves once the sealed value is stored. */
  saveCredentials(changed: Credentials): Promise<void>;
  /** Absent where nobody else has this login: a login for one errand, a test. */
  login?: SharedLogin<Credentials>;
  /** Absent likewise: turns to call, for CRMs that limit the calls of all processes together. */
  turns?: CallTurns;
  /** Absent where the org must be looked at now: a check of the set-up, a connection opened anew. */
  remember?: RememberRead;
  clock: Clock;
  log: {
    debug(o: object, m: string): void;
    info(o: object, m: string): void;
    warn(o: object, m: string): void;
  };
}

export interface ConnectorDefinition<Settings = unknown, Credentials = unknown> {
  vendor: string;
  label: string;
  capabilities: Capabilities;
  /** Where the settings of a connection change them. */
  capabilitiesOf?(settings: Settings): Capabilities;
  settings: z.ZodType<Settings>;
  /** The secret part of a connection; stored sealed, never logged. */
  credentials: z.ZodType<Credentials>;
  open(context: ConnectorContext<Settings, Credentials>): Connector;
  webhook?: WebhookReceiver<Settings>;
  /**
   * Whether a connection with these settings has `listen`, or forgoes its notifications for polls, although the vendor
   * notifies by webhook. Vendors that stream need not say.
   */
  listens?(settings: Settings): boolean;
  /** Present when a person can connect by logging in with a browser. */
  authorization?: AuthorizationFlow<Settings, Credentials>;
  /** Preparing the CRM for the mirror: fields, permissions, layouts. */
  provisioning?: ProvisioningDefinition<Credentials, ConnectorContext<Settings, Credentials>>;
  /** Link to a record in the CRM's own user interface. */
  recordUrl(settings: Settings, object: string, crmId: string): string;
}
