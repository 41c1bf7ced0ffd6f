import type { EncryptionKey } from '../crypto/keyring.ts';
import type { LogLevel } from '../logging.ts';
import { combinationProblems } from './combinations.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigProblem } from './config-error.ts';
import { environmentSchema, variables } from './variables.ts';
import type { Environment, VariableName } from './variables.ts';

/** How this installation runs. Holds secrets: never log it. */
export interface Config {
  /** Owner URL. Undefined: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
  /** Undefined: wakes go through PostgreSQL. */
  redisUrl: string | undefined;
  dataDir: string;
  http: { host: string; port: number; publicUrl: string | undefined };
  /** Empty only without DATABASE_URL: then `generatedSecrets(dataDir)` has them. */
  apiKeys: Array<{ name: string; key: string }>;
  /** Empty only without DATABASE_URL: then `generatedSecrets(dataDir)` has them. */
  encryptionKeys: EncryptionKey[];
  logLevel: LogLevel;
  mappingDir: string | undefined;
  planFile: string | undefined;
  mirrorTo: 'record' | 'all';
  recordRulesFile: string | undefined;
  timing: Timing;
  /** How long before-images are kept. */
  keepImagesMs: number;
  pushSlots: number;
  bulkThreshold: number;
  mail: { smtpUrl: string | undefined; from: string | undefined };
  /** Undefined: no credentials are set. */
  salesforce: SalesforceConfig | undefined;
  /** Undefined: no credentials are set. */
  hubspot: HubspotConfig | undefined;
  /** For errands only; no connection keeps it. */
  hubspotDeveloperKey: string | undefined;
  hubspotAdminToken: string | undefined;
  prmWebhookSecrets: string[];
  payout: { url: string; secret: string } | undefined;
  /** Whether a person approves a commission before it is paid out. */
  commissionApproval: 'automatic' | 'required';
  /** Who is told when a connection stops. */
  alerts: { email: string | undefined; endpoint: { url: string; secret: string } | undefined };
  /** Variables that begin like ours but are not: misspelt, most likely. For a warning. */
  unknownVariables: string[];
}

/** Milliseconds, but for the factor. */
export interface Timing {
  settleMs: number;
  pollMs: number;
  pollFallbackMs: number;
  pollOverlapMs: number;
  pollLagMs: number;
  loginCheckMs: number;
  sweepMs: number;
  retryFactor: number;
}

export interface SalesforceConfig {
  loginUrl: string;
  pubsubEndpoint: string;
  /** Always set with configured credentials; a login by a person pins the connection to the org it opens. */
  orgId: string | null;
  /** Only for an org without multi-currency. */
  currency: string | undefined;
  notifications: 'auto' | 'stream' | 'poll';
  clientId: string;
  clientSecret: string | undefined;
  credentials:
    | { kind: 'jwt'; username: string; privateKey: string }
    | { kind: 'refresh'; refreshToken: string }
    /** A person logs in: `tributary connect salesforce`, or the button on the page. */
    | { kind: 'browser' };
}

export interface HubspotConfig {
  baseUrl: string;
  portalId: string;
  appId: string | undefined;
  callSharePercent: number;
  searchesPerSecond: number;
  recordsPerCall: number;
  webhookSignature: 'v3' | 'v1';
  notifications: 'webhook' | 'journal' | 'poll';
  journalFileHosts: readonly string[];
  /** While the client secret is being replaced. */
  otherClientSecret: string | undefined;
  oauthVersion: 'v3' | '2026-03' | 'v1';
  salesforceSync: 'auto' | 'on' | 'off';
  /** By area of the API. */
  apiVersions: Readonly<Record<string, 'v3' | '2026-03'>>;
  credentials:
    /** The token of a private app or a service key. */
    | { kind: 'private-app'; token: string; clientSecret: string | undefined }
    | { kind: 'oauth'; clientId: string; clientSecret: string; refreshToken: string }
    /** A person logs in: `tributary connect hubspot`, or the button on the page. */
    | { kind: 'browser'; clientId: string; clientSecret: string };
}

/** Reads the configuration from environment variables. An empty value counts as unset. Throws `ConfigError`. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = environmentSchema.safeParse(given);
  const problems: ConfigProblem[] = [
    ...(parsed.error?.issues ?? []).map((issue) => ({
      variable: String(issue.path[0]) as VariableName,
      problem: issue.message,
    })),
    ...combinationProblems(given),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(inOrder(problems));
  return shape(parsed.data, unknownVariables(given));
}

function shape(env: Environment, unknown: string[]): Config {
  return {
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    dataDir: env.TRIBUTARY_DATA_DIR,
    http: {
      host: env.TRIBUTARY_HTTP_HOST,
      port: env.TRIBUTARY_HTTP_PORT,
      publicUrl: env.TRIBUTARY_PUBLIC_URL,
    },
    apiKeys: env.TRIBUTARY_API_KEYS ?? [],
    encryptionKeys: env.TRIBUTARY_ENCRYPTION_KEYS ?? [],
    logLevel: env.TRIBUTARY_LOG_LEVEL,
    mappingDir: env.TRIBUTARY_MAPPING_DIR,
    planFile: env.TRIBUTARY_PLAN_FILE,
    mirrorTo: env.TRIBUTARY_MIRROR_TO,
    recordRulesFile: env.TRIBUTARY_RECORD_RULES_FILE,
    timing: {
      settleMs: env.TRIBUTARY_SETTLE_SECONDS * 1000,
      pollMs: env.TRIBUTARY_POLL_SECONDS * 1000,
      pollFallbackMs: env.TRIBUTARY_POLL_FALLBACK_SECONDS * 1000,
      pollOverlapMs: env.TRIBUTARY_POLL_OVERLAP_SECONDS * 1000,
      pollLagMs: env.TRIBUTARY_POLL_LAG_SECONDS * 1000,
      loginCheckMs: env.TRIBUTARY_LOGIN_CHECK_SECONDS * 1000,
      sweepMs: env.TRIBUTARY_SWEEP_MS,
      retryFactor: env.TRIBUTARY_RETRY_FACTOR,
    },
    keepImagesMs: env.TRIBUTARY_KEEP_BEFORE_IMAGES_DAYS * 86_400_000,
    pushSlots: env.TRIBUTARY_PUSH_SLOTS,
    bulkThreshold: env.TRIBUTARY_BULK_THRESHOLD,
    mail: { smtpUrl: env.TRIBUTARY_SMTP_URL, from: env.TRIBUTARY_MAIL_FROM },
    salesforce: salesforceOf(env),
    hubspot: hubspotOf(env),
    hubspotDeveloperKey: env.HUBSPOT_DEVELOPER_API_KEY,
    hubspotAdminToken: env.HUBSPOT_ADMIN_TOKEN,
    prmWebhookSecrets: env.TRIBUTARY_PRM_WEBHOOK_SECRETS ?? [],
    payout: endpointOf(env.TRIBUTARY_PAYOUT_URL, env.TRIBUTARY_PAYOUT_SECRET),
    commissionApproval: env.TRIBUTARY_COMMISSION_APPROVAL,
    alerts: {
      email: env.TRIBUTARY_ALERT_EMAIL,
      endpoint: endpointOf(env.TRIBUTARY_ALERT_URL, env.TRIBUTARY_ALERT_SECRET),
    },
    unknownVariables: unknown,
  };
}

function salesforceOf(env: Environment): SalesforceConfig | undefined {
  const { SALESFORCE_CLIENT_ID: clientId, SALESFORCE_ORG_ID: orgId } = env;
  const { SALESFORCE_USERNAME: username, SALESFORCE_PRIVATE_KEY_FILE: privateKey } = env;
  const refreshToken = env.SALESFORCE_REFRESH_TOKEN;
  if (clientId === undefined) return undefined;
  const common = {
    loginUrl: env.SALESFORCE_LOGIN_URL,
    pubsubEndpoint: env.SALESFORCE_PUBSUB_ENDPOINT,
    orgId: orgId ?? null,
    currency: env.SALESFORCE_CURRENCY,
    notifications: env.SALESFORCE_NOTIFICATIONS,
    clientId,
    clientSecret: env.SALESFORCE_CLIENT_SECRET,
  };
  if (username !== undefined && privateKey !== undefined) {
    return { ...common, credentials: { kind: 'jwt', username, privateKey } };
  }
  if (refreshToken === undefined) return { ...common, credentials: { kind: 'browser' } };
  return { ...common, credentials: { kind: 'refresh', refreshToken } };
}

function hubspotOf(env: Environment): HubspotConfig | undefined {
  const { HUBSPOT_PORTAL_ID: portalId, HUBSPOT_PRIVATE_APP_TOKEN: token } = env;
  const { HUBSPOT_CLIENT_ID: clientId, HUBSPOT_CLIENT_SECRET: clientSecret } = env;
  const refreshToken = env.HUBSPOT_REFRESH_TOKEN;
  if (portalId === undefined) return undefined;
  const common = {
    baseUrl: env.HUBSPOT_BASE_URL,
    portalId,
    appId: env.HUBSPOT_APP_ID,
    callSharePercent: env.HUBSPOT_CALL_SHARE_PERCENT,
    searchesPerSecond: env.HUBSPOT_SEARCHES_PER_SECOND,
    recordsPerCall: env.HUBSPOT_RECORDS_PER_CALL,
    webhookSignature: env.HUBSPOT_WEBHOOK_SIGNATURE,
    notifications: env.HUBSPOT_NOTIFICATIONS,
    journalFileHosts: env.HUBSPOT_JOURNAL_FILE_HOSTS ?? [],
    otherClientSecret: env.HUBSPOT_OTHER_CLIENT_SECRET,
    oauthVersion: env.HUBSPOT_OAUTH_VERSION,
    salesforceSync: env.HUBSPOT_SALESFORCE_SYNC,
    apiVersions: env.HUBSPOT_API_VERSIONS ?? {},
  };
  if (token !== undefined) return { ...common, credentials: { kind: 'private-app', token, clientSecret } };
  if (clientId === undefined || clientSecret === undefined) return undefined;
  if (refreshToken === undefined)
    return { ...common, credentials: { kind: 'browser', clientId, clientSecret } };
  return { ...common, credentials: { kind: 'oauth', clientId, clientSecret, refreshToken } };
}

function endpointOf(
  url: string | undefined,
  secret: string | undefined,
): { url: string; secret: string } | undefined {
  return url === undefined || secret === undefined ? undefined : { url, secret };
}

/** TRIBUTARY_TEST_… and TRIBUTARY_CRASH_… belong to the tests. */
function unknownVariables(given: Record<string, unknown>): string[] {
  return Object.keys(given)
    .filter((name) => /^(TRIBUTARY|SALESFORCE|HUBSPOT)_/.test(name) && !/^TRIBUTARY_(TEST|CRASH)_/.test(name))
    .filter((name) => !(name in variables))
    .sort();
}

function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const order = Object.keys(variables);
  return [...problems].sort((a, b) => order.indexOf(a.variable) - order.indexOf(b.variable));
}
