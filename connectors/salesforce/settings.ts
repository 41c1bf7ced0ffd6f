import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { isTrustedEndpoint, isTrustedOrigin } from './hosts.ts';

const PUBSUB_ENDPOINT = 'api.pubsub.salesforce.com:7443';

/** The public part of a Salesforce connection. */
export const Settings = z
  .object({
    /** `https://login.salesforce.com`, `https://test.salesforce.com` or the org's My Domain. */
    loginUrl: z
      .url()
      .default('https://login.salesforce.com')
      .transform((url) => new URL(url).origin),
    /** `host:port` of the Pub/Sub API. */
    pubsubEndpoint: z.string().default(PUBSUB_ENDPOINT),
    /** The CRM is the local sandbox on a loopback address: plain http and a self-signed certificate are accepted. */
    sandbox: z.boolean().default(false),
    /** Travels as `Sforce-Call-Options: client=`, and comes back in the change events of our own writes. */
    clientName: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,50}$/, 'letters, digits, "_", "." and "-" only: it is sent in a header')
      .default('tributary'),
    /** A value of OpportunityContactRole.Role for the customer's contact; without it the role stays empty. */
    contactRole: z.string().min(1).max(40).optional(),
    /** Only for an org without multi-currency, whose REST API does not tell its currency. ISO 4217. */
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'three capital letters, as USD')
      .optional(),
    /** auto: change events, polls where there are none; stream: change events only; poll: never change events. */
    notifications: z.enum(['auto', 'stream', 'poll']).default('auto'),
    /** A quiet stream says so within 270 s (facts 1.7); a longer silence is a dead connection. */
    streamSilenceSeconds: z.number().positive().max(3600).default(300),
  })
  .refine((settings) => isTrustedOrigin(settings.loginUrl, settings.sandbox), {
    path: ['loginUrl'],
    message: 'must be an https address of Salesforce (a loopback address only with "sandbox": true)',
  })
  .refine(
    (settings) =>
      isTrustedEndpoint(settings.pubsubEndpoint, settings.sandbox) || isUntouchedDefault(settings),
    {
      path: ['pubsubEndpoint'],
      message: 'must be host:port of Salesforce (a loopback address only with "sandbox": true)',
    },
  );
export type Settings = z.infer<typeof Settings>;

/** A sandbox without a Pub/Sub server keeps the default; `listen` then refuses instead of sending a token outside. */
function isUntouchedDefault(settings: { pubsubEndpoint: string; sandbox: boolean }): boolean {
  return settings.sandbox && settings.pubsubEndpoint === PUBSUB_ENDPOINT;
}

const JwtCredentials = z.object({
  kind: z.literal('jwt'),
  clientId: z.string().min(1),
  username: z.string().min(1),
  /** PEM. Its certificate is uploaded to the External Client App; Salesforce checks our RS256 signature with it. */
  privateKey: z.string().refine(isRsaPrivateKey, 'must be an RSA private key in PEM'),
  /** Not for the signed login: for people who log in with a browser through the same app. */
  clientSecret: z.string().min(1).optional(),
});

const OpenSession = z.object({
  accessToken: z.string().min(1),
  instanceUrl: z.string().min(1),
  organizationId: z.string(),
  userId: z.string(),
});

const RefreshCredentials = z.object({
  kind: z.literal('refresh'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  refreshToken: z.string().min(1),
  /** What the last renewal opened: the other processes use it instead of renewing once more each. */
  session: OpenSession.optional(),
});

/** A one-time login: one session, kept in memory, ended with it. Never stored. */
const SessionCredentials = OpenSession.extend({ kind: z.literal('session') });

/** Set up, and nobody has logged in yet. */
const UnconnectedCredentials = z.object({
  kind: z.literal('unconnected'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
});

/** The secret part: either a key that signs our logins, or a refresh token of the web-server flow. Never a password. */
export const Credentials = z.discriminatedUnion('kind', [
  JwtCredentials,
  RefreshCredentials,
  SessionCredentials,
  UnconnectedCredentials,
]);
export type Credentials = z.infer<typeof Credentials>;

function isRsaPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
