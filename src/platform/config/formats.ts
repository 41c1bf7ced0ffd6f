import { createPrivateKey } from 'node:crypto';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { parseRedisUrl } from '../queue/redis-address.ts';

/**
 * How the values of variables are written. Every message says what to write instead, and none repeats the value,
 * which may be a secret.
 */

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** An address with one of these schemes. */
export function address(schemes: readonly string[], example: string) {
  return z.string().superRefine((value, context) => {
    const scheme = URL.canParse(value) ? new URL(value).protocol.replace(':', '') : undefined;
    if (scheme === undefined || !schemes.includes(scheme))
      problem(context, `write an address like ${example}`);
  });
}

/** An https address; http only on this machine, because credentials travel to it. */
export const secureAddress = z.string().superRefine((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
  if (url === undefined || !secure)
    problem(context, 'write an https:// address (http:// only for this machine)');
  else if (url.username !== '' || url.password !== '')
    problem(context, 'leave user and password out of the address');
});

/** Hosts of pages, which people copy from a browser's address bar and which nobody can log in at. */
const SALESFORCE_PAGES = /\.(lightning\.force|salesforce-setup)\.com$/;

export const salesforceLogin = secureAddress.refine(
  (value) => !URL.canParse(value) || !SALESFORCE_PAGES.test(new URL(value).hostname),
  'write the My Domain address, which ends with .my.salesforce.com (Setup, My Domain); this is the address of a page',
);

export const redisAddress = z.string().superRefine((value, context) => {
  try {
    parseRedisUrl(value);
  } catch (error) {
    problem(context, error instanceof Error ? error.message : String(error));
  }
});

export const tcpPort = z
  .string()
  .regex(/^\d{1,5}$/, 'write a port number from 0 to 65535 (0: any free one)')
  .transform(Number)
  .refine((port) => port <= 65_535, 'write a port number from 0 to 65535 (0: any free one)');

/** Host names with commas. */
export const hostList = z.string().transform((value, context): string[] => {
  const hosts = value.split(',').map((host) => host.trim().toLowerCase());
  const wrong = hosts.find((host) => !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host));
  if (wrong !== undefined)
    context.addIssue({ code: 'custom', message: `"${wrong}" is not a host name: write files.example.com` });
  return hosts;
});

export const hostAndPort = z.string().regex(/^[^\s:/]+:\d{1,5}$/, 'write host:port');

/** `name:key, name:key`. A key is long enough not to be guessed. */
export const namedKeys = z.string().transform((value, context) => {
  const entries = splitList(value).map((entry) => {
    const colon = entry.indexOf(':');
    return { name: entry.slice(0, Math.max(colon, 0)).trim(), key: entry.slice(colon + 1).trim() };
  });
  for (const [index, { name, key }] of entries.entries()) {
    const which = `entry ${index + 1}`;
    if (!/^[\w.-]+$/.test(name))
      problem(context, `${which}: write name:key, the name from letters, digits, "_", ".", "-"`);
    else if (key.length < 24)
      problem(context, `${which} (${name}): the key is shorter than 24 characters; openssl rand -base64 24`);
  }
  refuseRepeated(
    context,
    entries.map(({ key }) => key),
    'key',
  );
  return entries;
});

/** `id:base64, id:base64`: 32 bytes each; the first encrypts, all decrypt. */
export const encryptionKeys = z.string().transform((value, context) => {
  const entries = splitList(value).map((entry) => {
    const colon = entry.indexOf(':');
    return { id: entry.slice(0, Math.max(colon, 0)).trim(), key: entry.slice(colon + 1).trim() };
  });
  for (const [index, { id, key }] of entries.entries()) {
    const which = `entry ${index + 1}`;
    if (!/^[\w.-]+$/.test(id))
      problem(context, `${which}: write id:key, the id from letters, digits, "_", ".", "-"`);
    else if (!/^[A-Za-z0-9+/]{43}=$/.test(key)) {
      problem(context, `${which} (${id}): the key is not 32 bytes in base64; openssl rand -base64 32`);
    }
  }
  refuseRepeated(
    context,
    entries.map(({ id }) => id),
    'id',
  );
  return entries;
});

/** Standard Webhooks 1.0.0: `whsec_` and 24 to 64 bytes in base64. */
export const webhookSecret = z.string().superRefine((value, context) => {
  if (!isWebhookSecret(value)) problem(context, WEBHOOK_SECRET_HINT);
});

/** Several, so that a secret can be replaced without a gap. */
export const webhookSecrets = z.string().transform((value, context) => {
  const secrets = splitList(value);
  for (const [index, secret] of secrets.entries()) {
    if (!isWebhookSecret(secret)) problem(context, `entry ${index + 1}: ${WEBHOOK_SECRET_HINT}`);
  }
  return secrets;
});

/** Parts of HubSpot's API whose version is chosen; the connector's `versions.ts` has their paths. */
export const hubspotAreas = [
  'account',
  'objects',
  'search',
  'associations',
  'properties',
  'pipelines',
  'owners',
  'webhooks',
] as const;

/** `objects=2026-03,search=2026-03`, or `all=2026-03` with exceptions after it. */
export const hubspotVersions = z.string().transform((value, context) => {
  const chosen: Record<string, 'v3' | '2026-03'> = {};
  const named = new Set<string>();
  for (const entry of splitList(value)) {
    const [area = '', version = '', ...rest] = entry.split('=').map((part) => part.trim());
    const areas = area === 'all' ? hubspotAreas : hubspotAreas.filter((one) => one === area);
    if (areas.length === 0 || rest.length > 0)
      problem(context, `${entry}: write area=version; areas are all, ${hubspotAreas.join(', ')}`);
    else if (version !== 'v3' && version !== '2026-03')
      problem(context, `${area}: write v3 or 2026-03, not "${version}"`);
    else if (named.has(area)) problem(context, `${area} is named twice`);
    else for (const one of areas) if (area !== 'all' || !named.has(one)) chosen[one] = version;
    named.add(area);
  }
  return chosen;
});

/** The content of a PEM file with an RSA private key. */
export const privateKeyFile = z.string().transform((file, context): string => {
  try {
    const pem = readFileSync(file, 'utf8');
    if (createPrivateKey(pem).asymmetricKeyType === 'rsa') return pem;
    problem(context, `${file} holds no RSA key; Salesforce checks RS256 signatures`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    problem(
      context,
      code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR'
        ? `${file} cannot be read (${code})`
        : `${file} is not an unencrypted private key in PEM`,
    );
  }
  return z.NEVER;
});

/** A file, or with 'folder' a folder, that exists and can be read. */
export function existing(what: 'file' | 'folder') {
  return z.string().superRefine((value, context) => {
    try {
      accessSync(value, constants.R_OK);
      const found = statSync(value).isDirectory() ? 'folder' : 'file';
      if (found !== what) problem(context, `${value} is a ${found}, not a ${what}`);
    } catch (error) {
      problem(context, `${value} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
    }
  });
}

const WEBHOOK_SECRET_HINT =
  'write whsec_ and 24 to 64 bytes in base64; echo "whsec_$(openssl rand -base64 32)"';

function isWebhookSecret(value: string): boolean {
  const text = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1];
  const length = text === undefined ? 0 : Buffer.from(text, 'base64').length;
  return length >= 24 && length <= 64;
}

function splitList(value: string): string[] {
  return value.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
}

function refuseRepeated(context: z.RefinementCtx, values: readonly string[], what: string): void {
  if (new Set(values).size !== values.length) problem(context, `two entries have the same ${what}`);
}

function problem(context: z.RefinementCtx, message: string): void {
  context.addIssue({ code: 'custom', message });
}
