import type { Clock } from '../admin/sandbox-clock.ts';

/** How the sandbox is started. Where the facts are unsure, both variants can be had here. */
export interface HubspotSandboxOptions {
  host?: string;
  /** 0 = any free port. */
  port: number;
  adminPort?: number;
  /** `default`, `fresh` or `renamed-stages`. */
  preset?: string;
  /** Keeps state and credentials here; without it everything is forgotten at the end. */
  dataDir?: string;
  clock?: Clock;
  seed?: number;
  /** `off` lifts all limits, for benches. */
  rateLimit?: 'on' | 'off';
  /** Rolling (the policy is named so) or fixed windows. */
  rateWindow?: 'rolling' | 'fixed';
  /** The documented 429 body, the one third parties show, or both by turns. */
  rateLimitBody?: 'documented' | 'observed' | 'mixed';
  /** `Retry-After` on 429 is undocumented. */
  retryAfter?: 'never' | 'always' | 'mixed';
  /** Requests in 10 s: private app and OAuth app. */
  privateAppBurst?: number;
  oauthAppBurst?: number;
  dailyLimit?: number;
  /** Milliseconds until a write can be found by search. */
  searchLagMs?: number;
  /** How far a search can be paged; HubSpot's 10,000, or fewer for a test. */
  searchReach?: number;
  /** Filters a search may have: 6 a group and 18 in all, or 10 and 25. */
  searchFilters?: 'guide' | 'changelog';
  /**
   * Whether HubSpot's own Salesforce integration is installed: deals then have properties that only it writes. Their
   * names differ between sources, so both spellings can be had.
   */
  salesforceSync?: 'off' | 'hs_salesforceopportunityid' | 'salesforceopportunityid';
  /** Whether creates without HubSpot's minimum of properties are refused. */
  requireProperties?: boolean;
  /** What becomes of unknown ids in a batch update: 207 with errors, or the whole batch refused. */
  unknownIdsInUpdate?: 'multi-status' | 'reject';
  /** What a merge leaves: a third record, or the primary one. */
  mergeInto?: 'new-record' | 'primary';
  /** Body of a refused refresh: `{status: BAD_REFRESH_TOKEN}` or `{error: invalid_grant}`. By default v1 the one, v3 the other. */
  badRefreshBody?: 'by-version' | 'status' | 'oauth';
  /** What introspection says of a token it does not know: a 400, or RFC 7662's `{active: false}`, which the spec lacks. */
  unknownTokenInfo?: 'refused' | 'inactive';
  /** How the plain association, which has no label, is listed. */
  missingLabel?: 'omitted' | 'null';
  /** Whether errors inside a 207 carry `subCategory`. */
  batchSubCategory?: 'none' | 'text';
  /** Labels that may be made between two object types. */
  labelLimit?: number;
  /** Versions of a property that a history shows. */
  historyLimit?: number;
  /** Name of the type field in webhook events; some of HubSpot's docs call it `eventType`. */
  webhookTypeField?: 'subscriptionType' | 'eventType';
  /** Whose webhooks these are: a public app's are signed by v3, a private app's by v1, with a secret of its own. */
  webhookApp?: 'public' | 'private';
  webhookRetryBaseMs?: number;
  /** How long events are collected before they are sent together. */
  webhookBatchMs?: number;
  /** Where the OAuth app may send people back to. Without any: every https address and this machine. */
  redirectUris?: readonly string[];
  /** Scopes that the apps are set up with; the private app, the service key and the first installation have them all. */
  scopes?: readonly string[];
}

/** Options with every choice made. */
export type Settings = Required<Omit<HubspotSandboxOptions, 'dataDir' | 'clock'>> &
  Pick<HubspotSandboxOptions, 'dataDir' | 'clock'>;

/** Scopes an installation of Tributary asks for. */
const SCOPES: readonly string[] = [
  'oauth',
  ...['contacts', 'companies', 'deals'].flatMap((plural) => [
    `crm.objects.${plural}.read`,
    `crm.objects.${plural}.write`,
    `crm.schemas.${plural}.read`,
    `crm.schemas.${plural}.write`,
  ]),
  'crm.objects.owners.read',
  'crm.objects.line_items.read',
  'crm.objects.line_items.write',
  'crm.schemas.line_items.read',
  'settings.currencies.read',
];

/** Fills in the defaults: the strict and documented variant wherever there is one. */
export function settle(options: HubspotSandboxOptions): Settings {
  return {
    host: '127.0.0.1',
    adminPort: 0,
    preset: 'default',
    seed: 1,
    rateLimit: 'on',
    rateWindow: 'rolling',
    rateLimitBody: 'mixed',
    retryAfter: 'mixed',
    privateAppBurst: 190,
    oauthAppBurst: 110,
    dailyLimit: 625_000,
    searchLagMs: 500,
    searchReach: 10_000,
    searchFilters: 'guide',
    salesforceSync: 'off',
    requireProperties: true,
    unknownIdsInUpdate: 'multi-status',
    mergeInto: 'new-record',
    badRefreshBody: 'by-version',
    unknownTokenInfo: 'refused',
    missingLabel: 'omitted',
    batchSubCategory: 'none',
    labelLimit: 10,
    historyLimit: 20,
    webhookTypeField: 'subscriptionType',
    webhookApp: 'public',
    webhookRetryBaseMs: 60_000,
    webhookBatchMs: 50,
    redirectUris: [],
    scopes: SCOPES,
    ...options,
  };
}
