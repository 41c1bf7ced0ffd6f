import { z } from 'zod';
import {
  address,
  encryptionKeys,
  existing,
  hostAndPort,
  hostList,
  hubspotAreas,
  hubspotVersions,
  namedKeys,
  privateKeyFile,
  redisAddress,
  salesforceLogin,
  secureAddress,
  tcpPort,
  webhookSecret,
  webhookSecrets,
} from './formats.ts';

/** One environment variable: how it is read and how it is explained in .env.example. */
export interface Variable<Schema extends z.ZodType = z.ZodType> {
  section: string;
  /** Sentences for whoever fills the file in. */
  explanation: string;
  /** What .env.example shows: the default, or a value of the right form. */
  example: string;
  /** Never shown, neither in a message nor by `tributary doctor`. */
  secret?: true;
  schema: Schema;
}

const text = z.string();
const seconds = z.coerce.number('write a number of seconds').min(0);
/** 0 would stop all writing for good, without a word. */
const pausePercent = z.coerce
  .number('write a number from 1 to 100')
  .min(
    1,
    'write a number from 1 to 100; tributary stop is what stops all writing, 100 leaves only the reserve',
  )
  .max(100, 'write a number from 1 to 100');
const reservePercent = z.coerce
  .number('write a number from 0 to 99')
  .min(0, 'write a number from 0 to 99')
  .max(99, 'write a number from 0 to 99; a reserve of everything would leave nothing for writing');
const milliseconds = z.coerce.number('write a number of milliseconds').int().min(1);

/** Every environment variable Tributary reads, in the order of .env.example. */
export const variables = {
  DATABASE_URL: {
    section: 'Services',
    explanation:
      'PostgreSQL 15 or newer, as the user who owns the database. Unset: an embedded PostgreSQL in TRIBUTARY_DATA_DIR.',
    example: 'postgres://tributary:password@localhost:5432/tributary',
    secret: true,
    schema: address(['postgres', 'postgresql'], 'postgres://user:password@host:5432/database').optional(),
  },
  REDIS_URL: {
    section: 'Services',
    explanation:
      'Redis 6.2 or newer, for waking workers; nothing is lost with it. rediss:// for TLS. Sentinel: ' +
      'redis+sentinel://host:26379,host:26379/master-name. Cluster: redis+cluster://host:6379,host:6379. ' +
      'Unset: wakes go through PostgreSQL.',
    example: 'redis://localhost:6379/0',
    secret: true,
    schema: redisAddress.optional(),
  },
  TRIBUTARY_DATA_DIR: {
    section: 'Services',
    explanation: 'Folder of the embedded PostgreSQL and of secrets made for it.',
    example: '.tributary',
    schema: text.default('.tributary'),
  },
  TRIBUTARY_HTTP_HOST: {
    section: 'HTTP',
    explanation: 'Address to listen on. 0.0.0.0 for all; put a proxy with TLS in front.',
    example: '127.0.0.1',
    schema: text.default('127.0.0.1'),
  },
  TRIBUTARY_HTTP_PORT: {
    section: 'HTTP',
    explanation: 'Port to listen on. "npm start" takes the next free one when it is taken.',
    example: '8466',
    schema: tcpPort.default(8466),
  },
  TRIBUTARY_PUBLIC_URL: {
    section: 'HTTP',
    explanation: 'Address under which CRMs and partners reach this server, for webhooks and links.',
    example: 'https://tributary.example.com',
    schema: address(['http', 'https'], 'https://tributary.example.com').optional(),
  },
  TRIBUTARY_API_KEYS: {
    section: 'HTTP',
    explanation:
      'Who may call the API: name:key, name:key. The name is written down with everything done under it, and deals ' +
      'registered under it are known by it: to replace a key, give the new one the same name beside the old one. ' +
      'Made by itself with the embedded PostgreSQL.',
    example: 'prm:replace-with-at-least-24-characters',
    secret: true,
    schema: namedKeys.optional(),
  },
  TRIBUTARY_ENCRYPTION_KEYS: {
    section: 'Security',
    explanation:
      'Keys that stored CRM credentials are encrypted with: id:base64 of 32 bytes (openssl rand -base64 32). The first ' +
      'encrypts, all decrypt: to rotate, put a new one first. Made by itself with the embedded PostgreSQL.',
    example: '2026-11:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    secret: true,
    schema: encryptionKeys.optional(),
  },
  TRIBUTARY_LOG_LEVEL: {
    section: 'Operation',
    explanation:
      'fatal, error, warn, info, debug, trace or silent. Logs go to stderr, one line of JSON each.',
    example: 'info',
    schema: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
        error: 'write fatal, error, warn, info, debug, trace or silent',
      })
      .default('info'),
  },
  TRIBUTARY_MAPPING_DIR: {
    section: 'Operation',
    explanation:
      'Folder with your own field mappings, <vendor>.yaml. Unset: the defaults, which fit a fresh CRM.',
    example: './my-mappings',
    schema: existing('folder').optional(),
  },
  TRIBUTARY_PLAN_FILE: {
    section: 'Operation',
    explanation: 'The commission plan, YAML.',
    example: './plan.yaml',
    schema: existing('file').optional(),
  },
  TRIBUTARY_MIRROR_TO: {
    section: 'Operation',
    explanation: 'record: a deal goes to its CRM of record only. all: to every connected CRM.',
    example: 'record',
    schema: z.enum(['record', 'all'], { error: 'write record or all' }).default('record'),
  },
  TRIBUTARY_RECORD_RULES_FILE: {
    section: 'Operation',
    explanation:
      'YAML with the rules that choose the CRM of record per deal. Unset: the first connection. Only wins there earn.',
    example: './record-rules.yaml',
    schema: existing('file').optional(),
  },
  TRIBUTARY_SETTLE_SECONDS: {
    section: 'Operation',
    explanation:
      'How long a win settles before its payout may be triggered. Reopened meanwhile: nothing is paid.',
    example: '86400',
    schema: seconds.default(86_400),
  },
  TRIBUTARY_COMMISSION_APPROVAL: {
    section: 'Operation',
    explanation:
      'Whether a person approves each commission before its payout is triggered: "required" or "automatic". What only takes back needs nobody.',
    example: 'automatic',
    schema: z.enum(['automatic', 'required']).default('automatic'),
  },
  TRIBUTARY_POLL_SECONDS: {
    section: 'Operation',
    explanation: 'How often each CRM is asked what changed, so that a lost notification is found.',
    example: '300',
    schema: seconds.default(300),
  },
  TRIBUTARY_POLL_FALLBACK_SECONDS: {
    section: 'Operation',
    explanation:
      'How often a CRM is asked that tells no changes by itself, such as Salesforce without Change Data Capture.',
    example: '30',
    schema: seconds.default(30),
  },
  TRIBUTARY_POLL_OVERLAP_SECONDS: {
    section: 'Operation',
    explanation: 'How far each poll looks back behind the last one.',
    example: '120',
    schema: seconds.default(120),
  },
  TRIBUTARY_POLL_LAG_SECONDS: {
    section: 'Operation',
    explanation: "How far a poll stays behind the CRM's clock, because search indexes lag.",
    example: '30',
    schema: seconds.default(30),
  },
  TRIBUTARY_LOGIN_CHECK_SECONDS: {
    section: 'Operation',
    explanation:
      'How often the login to each CRM is looked at when nothing else is sent, so that a revoked one is noticed within ' +
      'a minute. One small API call each.',
    example: '30',
    schema: seconds.default(30),
  },
  TRIBUTARY_KEEP_BEFORE_IMAGES_DAYS: {
    section: 'Operation',
    explanation: 'How many days what a write changed is kept, so that "tributary revert" can take it back.',
    example: '30',
    schema: z.coerce.number('write a number of days').int().min(1).default(30),
  },
  TRIBUTARY_SWEEP_MS: {
    section: 'Operation',
    explanation: 'How often each worker process looks in PostgreSQL for due work.',
    example: '500',
    schema: milliseconds.default(500),
  },
  TRIBUTARY_PUSH_SLOTS: {
    section: 'Operation',
    explanation: 'Calls in flight per connection, over all worker processes.',
    example: '2',
    schema: z.coerce.number('write a whole number').int().min(1).max(50).default(2),
  },
  TRIBUTARY_BULK_THRESHOLD: {
    section: 'Operation',
    explanation:
      'From how many due records on a connection they go out as bulk jobs, where the CRM has them (Salesforce Bulk API 2.0).',
    example: '5000',
    schema: z.coerce.number('write a whole number').int().min(1).default(5_000),
  },
  TRIBUTARY_API_PAUSE_PERCENT: {
    section: 'Operation',
    explanation:
      'Writing pauses when so much of what the CRM allows in 24 hours is used, by everybody. Reading goes on.',
    example: '80',
    schema: pausePercent.default(80),
  },
  TRIBUTARY_API_RESERVE_PERCENT: {
    section: 'Operation',
    explanation:
      "Of the CRM's 24 hours this much is never used for writing, whatever is set above: it is for hearing of won deals.",
    example: '10',
    schema: reservePercent.default(10),
  },
  TRIBUTARY_LEASE_MS: {
    section: 'Operation',
    explanation: 'How long a worker may hold what it claimed. Must outlive a call to a CRM.',
    example: '120000',
    schema: milliseconds.default(120_000),
  },
  TRIBUTARY_CALL_TIMEOUT_MS: {
    section: 'Operation',
    explanation: 'The longest a call to a CRM may take.',
    example: '30000',
    schema: milliseconds.default(30_000),
  },
  TRIBUTARY_RETRY_FACTOR: {
    section: 'Operation',
    explanation: 'Scales every wait before a retry. Below 1 only for rehearsals against the sandbox.',
    example: '1',
    schema: z.coerce.number('write a number').positive().max(10).default(1),
  },
  TRIBUTARY_CRASH_AT: {
    section: 'Operation',
    explanation: 'For tests only: kills the process at these named points, once each.',
    example: 'mirror:after-claim',
    schema: text.optional(),
  },
  TRIBUTARY_PAUSE_AT: {
    section: 'Operation',
    explanation: 'For tests only: stops the process (SIGSTOP) at these named points, once each.',
    example: 'mirror:before-send',
    schema: text.optional(),
  },
  TRIBUTARY_CRASH_DIR: {
    section: 'Operation',
    explanation: 'For tests only: where the points that were hit are noted.',
    example: './crashes',
    schema: text.optional(),
  },
  TRIBUTARY_SMTP_URL: {
    section: 'Mail',
    explanation:
      'Mail server for e-mails to partners. Unset: a local catch-all whose mails the console shows.',
    example: 'smtps://user:password@mail.example.com:465',
    secret: true,
    schema: address(['smtp', 'smtps'], 'smtps://user:password@mail.example.com:465').optional(),
  },
  TRIBUTARY_MAIL_FROM: {
    section: 'Mail',
    explanation: 'Sender of these e-mails.',
    example: 'Partner team <partners@example.com>',
    schema: text
      .regex(
        /^(?:[^<>\r\n]*<[^<>\s@]+@[^<>\s@]+>|[^<>\s@]+@[^<>\s@]+)$/,
        'write name@example.com or Name <name@example.com>',
      )
      .optional(),
  },
  TRIBUTARY_ALERT_EMAIL: {
    section: 'Alerts',
    explanation: 'Who is told, once per incident, when a connection stops: a revoked login, for one.',
    example: 'ops@example.com',
    schema: z.email('write name@example.com').optional(),
  },
  TRIBUTARY_ALERT_URL: {
    section: 'Alerts',
    explanation:
      'Where the same goes as a signed message (connection.needs-attention, connection.recovered).',
    example: 'https://alerts.example.com/hooks/tributary',
    schema: secureAddress.optional(),
  },
  TRIBUTARY_ALERT_SECRET: {
    section: 'Alerts',
    explanation: 'Secret (Standard Webhooks, whsec_...) that these messages are signed with.',
    example: 'whsec_...',
    secret: true,
    schema: webhookSecret.optional(),
  },
  SALESFORCE_LOGIN_URL: {
    section: 'Salesforce',
    explanation:
      'https://login.salesforce.com, https://test.salesforce.com for a sandbox org, or the My Domain.',
    example: 'https://login.salesforce.com',
    schema: salesforceLogin.default('https://login.salesforce.com'),
  },
  SALESFORCE_ORG_ID: {
    section: 'Salesforce',
    explanation:
      'The org this installation belongs to (Setup, Company Information). Credentials of another org are refused.',
    example: '00D000000000001EAA',
    schema: text
      .regex(/^00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?$/, 'write the 15 or 18 characters that begin with 00D')
      .optional(),
  },
  SALESFORCE_CLIENT_ID: {
    section: 'Salesforce',
    explanation:
      'Consumer key of the External Client App. Then user name and private key; or a login by a person, once: ' +
      'tributary connect salesforce; or a refresh token.',
    example: '3MVG9...',
    schema: text.optional(),
  },
  SALESFORCE_USERNAME: {
    section: 'Salesforce',
    explanation: 'JWT bearer flow: the integration user to act as.',
    example: 'integration@example.com',
    schema: text.optional(),
  },
  SALESFORCE_PRIVATE_KEY_FILE: {
    section: 'Salesforce',
    explanation: 'JWT bearer flow: PEM file with the RSA key whose certificate the app knows.',
    example: './salesforce.key',
    schema: privateKeyFile.optional(),
  },
  SALESFORCE_CLIENT_SECRET: {
    section: 'Salesforce',
    explanation: 'Consumer secret, where the app demands it for a login by a person or for a refresh token.',
    example: '...',
    secret: true,
    schema: text.optional(),
  },
  SALESFORCE_REFRESH_TOKEN: {
    section: 'Salesforce',
    explanation: 'Refresh token flow.',
    example: '...',
    secret: true,
    schema: text.optional(),
  },
  SALESFORCE_CURRENCY: {
    section: 'Salesforce',
    explanation:
      'ISO 4217. Only for an org without multi-currency, whose REST API does not tell its currency.',
    example: 'USD',
    schema: text.regex(/^[A-Z]{3}$/, 'write three capital letters, as USD').optional(),
  },
  SALESFORCE_NOTIFICATIONS: {
    section: 'Salesforce',
    explanation:
      'auto: change events, and frequent polls where there are none. stream: change events or an alert. poll: never change events.',
    example: 'auto',
    schema: z.enum(['auto', 'stream', 'poll']).default('auto'),
  },
  SALESFORCE_PUBSUB_ENDPOINT: {
    section: 'Salesforce',
    explanation: 'Pub/Sub API, for change events.',
    example: 'api.pubsub.salesforce.com:7443',
    schema: hostAndPort.default('api.pubsub.salesforce.com:7443'),
  },
  HUBSPOT_BASE_URL: {
    section: 'HubSpot',
    explanation: 'Address of the API.',
    example: 'https://api.hubapi.com',
    schema: secureAddress.default('https://api.hubapi.com'),
  },
  HUBSPOT_PORTAL_ID: {
    section: 'HubSpot',
    explanation:
      'The account (Hub ID) this installation belongs to. Credentials of another account are refused.',
    example: '12345678',
    schema: text.regex(/^\d+$/, 'write the Hub ID, digits only').optional(),
  },
  HUBSPOT_PRIVATE_APP_TOKEN: {
    section: 'HubSpot',
    explanation:
      'Access token of a private app, or a service key. Or client id and client secret of an OAuth app, which a person connects.',
    example: 'pat-eu1-...',
    secret: true,
    schema: text.optional(),
  },
  HUBSPOT_CLIENT_ID: {
    section: 'HubSpot',
    explanation: 'OAuth app.',
    example: '00000000-0000-0000-0000-000000000000',
    schema: text.optional(),
  },
  HUBSPOT_CLIENT_SECRET: {
    section: 'HubSpot',
    explanation: 'OAuth app or private app. Also checks the signatures of webhooks.',
    example: '...',
    secret: true,
    schema: text.optional(),
  },
  HUBSPOT_OTHER_CLIENT_SECRET: {
    section: 'HubSpot',
    explanation:
      'While the client secret is being replaced: the one that is not in HUBSPOT_CLIENT_SECRET. Webhooks signed with either are taken.',
    example: '...',
    secret: true,
    schema: text.optional(),
  },
  HUBSPOT_REFRESH_TOKEN: {
    section: 'HubSpot',
    explanation:
      'OAuth app, when its refresh token was made elsewhere. Leave it out and log in instead: tributary connect hubspot, or the page.',
    example: '...',
    secret: true,
    schema: text.optional(),
  },
  HUBSPOT_OAUTH_VERSION: {
    section: 'HubSpot',
    explanation: 'Token endpoints of HubSpot: v3, 2026-03 or v1 (which HubSpot ends in February 2027).',
    example: 'v3',
    schema: z.enum(['v3', '2026-03', 'v1']).default('v3'),
  },
  HUBSPOT_APP_ID: {
    section: 'HubSpot',
    explanation: 'Id of the app, by which our own changes are recognised in webhooks.',
    example: '1234567',
    schema: text.regex(/^\d+$/, 'write the app id, digits only').optional(),
  },
  HUBSPOT_WEBHOOK_SIGNATURE: {
    section: 'HubSpot',
    explanation:
      'v3: webhooks of an OAuth app. v1: those of a private app, whose signature does not cover the time: whoever recorded one can send it again, which costs one read.',
    example: 'v3',
    schema: z.enum(['v3', 'v1']).default('v3'),
  },
  HUBSPOT_NOTIFICATIONS: {
    section: 'HubSpot',
    explanation:
      "webhook: HubSpot calls TRIBUTARY_PUBLIC_URL. journal: Tributary asks the OAuth app's webhooks journal, for servers that cannot be reached from outside. poll: neither, but frequent searches.",
    example: 'webhook',
    schema: z.enum(['webhook', 'journal', 'poll']).default('webhook'),
  },
  HUBSPOT_JOURNAL_FILE_HOSTS: {
    section: 'HubSpot',
    explanation:
      "Hosts, with commas, that files of the webhooks journal may be fetched from besides HubSpot's own domains. Only when a card names one.",
    example: 'files.example.com',
    schema: hostList.optional(),
  },
  HUBSPOT_DEVELOPER_API_KEY: {
    section: 'HubSpot',
    explanation:
      "Key of the developer account that made the OAuth app: with it, provision sets up the app's webhooks. Only provision and doctor use it.",
    example: '00000000-0000-0000-0000-000000000000',
    secret: true,
    schema: text.optional(),
  },
  HUBSPOT_ADMIN_TOKEN: {
    section: 'HubSpot',
    explanation:
      'Token that may create properties and labels, for provision where the app of the connection may not. Give it for that one command; it is never stored.',
    example: 'pat-eu1-00000000-0000-0000-0000-000000000000',
    secret: true,
    schema: text.optional(),
  },
  HUBSPOT_CALL_SHARE_PERCENT: {
    section: 'HubSpot',
    explanation:
      'Of the calls in ten seconds that HubSpot allows this app; less where other programmes use the same app or token.',
    example: '100',
    schema: z.coerce.number('write a whole number of percent').int().min(1).max(100).default(100),
  },
  HUBSPOT_SEARCHES_PER_SECOND: {
    section: 'HubSpot',
    explanation: 'Of the five searches a second that all apps of the account share.',
    example: '4',
    schema: z.coerce.number('write a whole number').int().min(1).max(5).default(4),
  },
  HUBSPOT_RECORDS_PER_CALL: {
    section: 'HubSpot',
    explanation:
      "Records written by one call. Less where the portal's own workflows make large writes run into HubSpot's time limits.",
    example: '100',
    schema: z.coerce.number('write a whole number').int().min(1).max(100).default(100),
  },
  HUBSPOT_SALESFORCE_SYNC: {
    section: 'HubSpot',
    explanation:
      "Whether HubSpot's own Salesforce integration copies deals. auto: when its properties are there. on, off: you know better.",
    example: 'auto',
    schema: z.enum(['auto', 'on', 'off'], { error: 'write auto, on or off' }).default('auto'),
  },
  HUBSPOT_API_VERSIONS: {
    section: 'HubSpot',
    explanation:
      'Areas of the API that are called by the dated paths: area=2026-03, with commas, or all=2026-03. Areas: ' +
      `${hubspotAreas.join(', ')}. What is not named is called by v3 and v4, which HubSpot retires in 2027.`,
    example: 'objects=2026-03,search=2026-03',
    schema: hubspotVersions.optional(),
  },
  TRIBUTARY_PRM_WEBHOOK_SECRETS: {
    section: 'Partner programme',
    explanation:
      'Secrets (Standard Webhooks, whsec_...) that the PRM signs registered deals with; several, with commas, while one is replaced.',
    example: 'whsec_...',
    secret: true,
    schema: webhookSecrets.optional(),
  },
  TRIBUTARY_PAYOUT_URL: {
    section: 'Partner programme',
    explanation: 'Where payout triggers are delivered.',
    example: 'https://payouts.example.com/hooks/tributary',
    schema: secureAddress.optional(),
  },
  TRIBUTARY_PAYOUT_SECRET: {
    section: 'Partner programme',
    explanation: 'Secret (Standard Webhooks, whsec_...) that payout triggers are signed with.',
    example: 'whsec_...',
    secret: true,
    schema: webhookSecret.optional(),
  },
} satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

/** The one schema of the environment. */
export const environmentSchema = z.object(
  Object.fromEntries(Object.entries(variables).map(([name, { schema }]) => [name, schema])) as {
    [Name in VariableName]: (typeof variables)[Name]['schema'];
  },
);

/** What the schema makes of the environment. */
export type Environment = z.output<typeof environmentSchema>;
