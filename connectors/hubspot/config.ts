import { z } from 'zod';
import { salesforceSyncs } from './native-sync.ts';
import { apiAreas, apiVersions, oauthVersions } from './versions.ts';

const API_HOST = /^api(-[a-z]{2}\d)?\.hubapi\.com$/;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

const OauthVersion = z.enum(oauthVersions);
const ApiVersions = z.partialRecord(z.enum(apiAreas), z.enum(apiVersions));

/** How to reach a portal. `appId`: recognises our own changes in webhooks. `portalId`: for links to records. */
export const HubspotSettings = z
  .strictObject({
    baseUrl: z.url().default('https://api.hubapi.com'),
    /** The local sandbox of this repository, which starts live. Never HubSpot itself, not even one of its test accounts. */
    sandbox: z.boolean().default(false),
    appId: z.string().min(1).optional(),
    portalId: z.string().min(1).optional(),
    /** Which token endpoints are called; see versions.ts. */
    oauthVersion: OauthVersion.default('v3'),
    /** Of the calls that HubSpot allows this app in ten seconds; less where other programmes use the same app. */
    callSharePercent: z.int().min(1).max(100).default(100),
    /** The account's searches are shared by all its apps: five a second in all (facts 2). */
    searchesPerSecond: z.int().min(1).max(5).default(4),
    /** Less where a portal's own workflows make large writes run into HubSpot's time limits. */
    recordsPerCall: z.int().min(1).max(100).default(100),
    /** v1: for private apps, which sign with nothing else. Anybody who recorded such a request can send it again. */
    webhookSignature: z.enum(['v3', 'v1']).default('v3'),
    /** webhook: HubSpot calls us. journal: we ask the app's journal. poll: neither, searches only, more often. */
    notifications: z.enum(['webhook', 'journal', 'poll']).default('webhook'),
    /** Whether HubSpot's own Salesforce integration copies deals; see native-sync.ts. */
    salesforceSync: z.enum(salesforceSyncs).default('auto'),
    /** Of each area of the API; what is not named is called by the paths of HubSpot's own client. See versions.ts. */
    apiVersions: ApiVersions.default({}),
    /** How long to wait at the end of the journal before asking for more. */
    journalPollSeconds: z.number().positive().max(3600).default(5),
    /** Hosts, besides HubSpot's own domains, that files of the journal may be fetched from. */
    journalFileHosts: z.array(z.hostname()).default([]),
  })
  .superRefine((settings, context) => {
    const problem = addressProblem(settings.baseUrl, settings.sandbox);
    if (problem) context.addIssue({ code: 'custom', path: ['baseUrl'], message: problem });
  });
export type HubspotSettings = z.infer<typeof HubspotSettings>;

const OauthCredentials = z.strictObject({
  clientId: z.string().min(1),
  /** Also the secret that signs webhooks. */
  clientSecret: z.string().min(1),
  /** While the secret is being replaced: what the other one has signed is genuine as well. */
  otherClientSecret: z.string().min(1).optional(),
  refreshToken: z.string().min(1),
  /** What the last renewal brought: the other processes use it instead of renewing once more each. */
  session: z
    .strictObject({
      accessToken: z.string().min(1),
      /** Epoch milliseconds by our clock, well before it expires. */
      renewAt: z.number(),
    })
    .optional(),
});

const StaticCredentials = z.strictObject({
  accessToken: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  otherClientSecret: z.string().min(1).optional(),
  /** Of the OAuth app that people may log in through instead. */
  clientId: z.string().min(1).optional(),
});

/** A login for one errand: kept in memory and ended with it, never stored. */
const SessionCredentials = z.strictObject({
  kind: z.literal('session'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  accessToken: z.string().min(1),
});

/** An OAuth app whose login nobody has given yet. */
const UnconnectedCredentials = z.strictObject({
  kind: z.literal('unconnected'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  otherClientSecret: z.string().min(1).optional(),
});

/** An OAuth app's installation, or the static token of a private app or a service key. */
export const HubspotCredentials = z.union([
  OauthCredentials,
  StaticCredentials,
  SessionCredentials,
  UnconnectedCredentials,
]);
export type HubspotCredentials = z.infer<typeof HubspotCredentials>;
export type OauthCredentials = z.infer<typeof OauthCredentials>;

/** The token of a private app or a service key, which nothing renews. */
export function isStatic(credentials: HubspotCredentials): boolean {
  return 'accessToken' in credentials && !('kind' in credentials);
}

/**
 * Access tokens go to this address: only HubSpot's hosts may get them. A loopback address is the sandbox and nothing
 * else, and a sandbox is on loopback: otherwise `sandbox: true` would be a way around the go-live gate.
 */
function addressProblem(baseUrl: string, sandbox: boolean): string | null {
  const url = new URL(baseUrl);
  if (url.username || url.password || url.search || url.hash || url.pathname !== '/') {
    return 'must be an origin only, like https://api.hubapi.com';
  }
  const loopback = LOOPBACK.has(url.hostname);
  if (sandbox) return loopback ? null : 'a sandbox connection must point at this machine (127.0.0.1)';
  if (loopback) return 'only a sandbox connection may point at this machine';
  if (url.protocol !== 'https:' || url.port !== '' || !API_HOST.test(url.hostname)) {
    return "is not one of HubSpot's API hosts (https://api.hubapi.com, https://api-eu1.hubapi.com, …)";
  }
  return null;
}
