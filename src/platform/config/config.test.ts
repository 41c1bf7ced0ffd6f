import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.ts';
import { loadConfig } from './config.ts';
import { ENV_EXAMPLE_FILE, envExample } from './env-example.ts';
import { environmentSchema, variables } from './variables.ts';
import type { Variable } from './variables.ts';

const API_KEYS = 'prm:0123456789abcdef0123456789';
const ENCRYPTION_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

function problemsOf(env: Record<string, string>): Record<string, string> {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) {
      return Object.fromEntries(error.problems.map(({ variable, problem }) => [variable, problem]));
    }
    throw error;
  }
  return {};
}

describe('the configuration', () => {
  let folder: string;
  let keyFile: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tributary-config-'));
    keyFile = path.join(folder, 'salesforce.key');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('needs nothing: an empty environment means everything embedded and sandbox CRMs', () => {
    expect(loadConfig({})).toMatchObject({
      databaseUrl: undefined,
      redisUrl: undefined,
      dataDir: '.tributary',
      http: { host: '127.0.0.1', port: 8466, publicUrl: undefined },
      logLevel: 'info',
      mirrorTo: 'record',
      salesforce: undefined,
      hubspot: undefined,
      payout: undefined,
      unknownVariables: [],
    });
  });

  it('takes an empty value as unset, as an uncommented line of .env.example leaves it', () => {
    const empty = Object.fromEntries(Object.keys(variables).map((name) => [name, '']));
    expect(loadConfig(empty)).toEqual(loadConfig({}));
    expect(loadConfig({ TRIBUTARY_HTTP_PORT: '  ' })).toEqual(loadConfig({}));
  });

  it('reads everything', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgres://u:p@db:5432/tributary',
      REDIS_URL: 'redis+sentinel://:secret@s1:26379,s2/main',
      TRIBUTARY_HTTP_PORT: '0',
      TRIBUTARY_API_KEYS: `${API_KEYS}, ops:abcdefghijklmnopqrstuvwx`,
      TRIBUTARY_ENCRYPTION_KEYS: ENCRYPTION_KEYS,
      TRIBUTARY_MAPPING_DIR: folder,
      TRIBUTARY_PLAN_FILE: keyFile,
      TRIBUTARY_MIRROR_TO: 'all',
      TRIBUTARY_MAIL_FROM: 'Partner team <partners@example.com>',
      SALESFORCE_CLIENT_ID: '3MVG9',
      SALESFORCE_ORG_ID: '00D000000000001EAA',
      SALESFORCE_USERNAME: 'integration@example.com',
      SALESFORCE_PRIVATE_KEY_FILE: keyFile,
      HUBSPOT_PORTAL_ID: '1234',
      HUBSPOT_PRIVATE_APP_TOKEN: 'pat-eu1-x',
      HUBSPOT_API_VERSIONS: 'all=2026-03, owners=v3',
      TRIBUTARY_PRM_WEBHOOK_SECRETS: `${WEBHOOK_SECRET},${WEBHOOK_SECRET}`,
      TRIBUTARY_PAYOUT_URL: 'https://payouts.example.com',
      TRIBUTARY_PAYOUT_SECRET: WEBHOOK_SECRET,
    });
    expect(config).toMatchObject({
      http: { port: 0 },
      mirrorTo: 'all',
      salesforce: {
        loginUrl: 'https://login.salesforce.com',
        pubsubEndpoint: 'api.pubsub.salesforce.com:7443',
        orgId: '00D000000000001EAA',
        clientId: '3MVG9',
        credentials: { kind: 'jwt', username: 'integration@example.com' },
      },
      hubspot: {
        portalId: '1234',
        salesforceSync: 'auto',
        apiVersions: { objects: '2026-03', search: '2026-03', webhooks: '2026-03', owners: 'v3' },
        credentials: { kind: 'private-app', token: 'pat-eu1-x', clientSecret: undefined },
      },
      prmWebhookSecrets: [WEBHOOK_SECRET, WEBHOOK_SECRET],
      payout: { url: 'https://payouts.example.com', secret: WEBHOOK_SECRET },
    });
    expect(config.apiKeys.map(({ name }) => name)).toEqual(['prm', 'ops']);
    expect(config.salesforce?.credentials.kind === 'jwt' && config.salesforce.credentials.privateKey).toMatch(
      /^-----BEGIN PRIVATE KEY-----/,
    );
  });

  it('takes the other way to log in to each CRM', () => {
    const config = loadConfig({
      SALESFORCE_CLIENT_ID: 'id',
      SALESFORCE_ORG_ID: '00D000000000001',
      SALESFORCE_REFRESH_TOKEN: 'refresh',
      HUBSPOT_PORTAL_ID: '1',
      HUBSPOT_CLIENT_ID: 'id',
      HUBSPOT_CLIENT_SECRET: 'secret',
      HUBSPOT_REFRESH_TOKEN: 'refresh',
    });
    expect(config.salesforce?.credentials).toEqual({ kind: 'refresh', refreshToken: 'refresh' });
    expect(config.hubspot?.credentials.kind).toBe('oauth');
  });

  it('leaves the login to Salesforce to a person when only its app is named', () => {
    const { salesforce } = loadConfig({ SALESFORCE_CLIENT_ID: 'id', SALESFORCE_CLIENT_SECRET: 'secret' });
    expect(salesforce).toMatchObject({
      clientId: 'id',
      clientSecret: 'secret',
      orgId: null,
      credentials: { kind: 'browser' },
    });
  });

  it('takes a new key of the same name beside the old one, so that a key can be replaced without its deals becoming others', () => {
    const keys = `prm:${'a'.repeat(24)}, prm:${'b'.repeat(24)}`;
    expect(loadConfig({ TRIBUTARY_API_KEYS: keys }).apiKeys).toEqual([
      { name: 'prm', key: 'a'.repeat(24) },
      { name: 'prm', key: 'b'.repeat(24) },
    ]);
  });

  it('refuses a lease too short for the calls under it: nothing would ever be sent', () => {
    const problems = problemsOf({ TRIBUTARY_LEASE_MS: '45000' });
    expect(problems['TRIBUTARY_LEASE_MS']).toContain('twice TRIBUTARY_CALL_TIMEOUT_MS (30000)');
    expect(() =>
      loadConfig({ TRIBUTARY_LEASE_MS: '45000', TRIBUTARY_CALL_TIMEOUT_MS: '20000' }),
    ).not.toThrow();
  });

  it('refuses the address of a Salesforce page, which is not where one logs in', () => {
    for (const host of ['acme.lightning.force.com', 'acme.my.salesforce-setup.com'])
      expect(problemsOf({ SALESFORCE_LOGIN_URL: `https://${host}` })).toEqual({
        SALESFORCE_LOGIN_URL: expect.stringContaining('ends with .my.salesforce.com'),
      });
  });

  it('reports every mistake at once, by name, saying what to do, and shows no secret', () => {
    const env = {
      DATABASE_URL: 'mysql://root:c4n4ry@db/x',
      REDIS_URL: 'redis+sentinel://:c4n4ry@s1:26379',
      TRIBUTARY_HTTP_PORT: '80800',
      TRIBUTARY_ENCRYPTION_KEYS: 'k1:c4n4ry',
      TRIBUTARY_LOG_LEVEL: 'loud',
      TRIBUTARY_PLAN_FILE: path.join(folder, 'missing.yaml'),
      TRIBUTARY_MAIL_FROM: 'nobody',
      SALESFORCE_LOGIN_URL: 'http://login.salesforce.com',
      SALESFORCE_USERNAME: 'someone',
      HUBSPOT_CLIENT_ID: 'x',
      HUBSPOT_PRIVATE_APP_TOKEN: 'c4n4ry',
      TRIBUTARY_PRM_WEBHOOK_SECRETS: `${WEBHOOK_SECRET},c4n4ry`,
      TRIBUTARY_PAYOUT_SECRET: 'whsec_c4n4ry',
    };
    expect(problemsOf(env)).toEqual({
      DATABASE_URL: 'write an address like postgres://user:password@host:5432/database',
      REDIS_URL: expect.stringContaining('names no master'),
      TRIBUTARY_HTTP_PORT: expect.stringContaining('0 to 65535'),
      TRIBUTARY_API_KEYS: expect.stringContaining('missing: needed with DATABASE_URL'),
      TRIBUTARY_ENCRYPTION_KEYS: expect.stringContaining('entry 1 (k1): the key is not 32 bytes'),
      TRIBUTARY_LOG_LEVEL: expect.stringContaining('write fatal, error'),
      TRIBUTARY_PLAN_FILE: expect.stringContaining('cannot be read (ENOENT)'),
      TRIBUTARY_MAIL_FROM: expect.stringContaining('write name@example.com'),
      SALESFORCE_LOGIN_URL: expect.stringContaining('write an https:// address'),
      SALESFORCE_CLIENT_ID: expect.stringContaining('missing: needed for Salesforce'),
      SALESFORCE_ORG_ID: expect.stringContaining('missing: needed for Salesforce'),
      SALESFORCE_PRIVATE_KEY_FILE: expect.stringContaining('missing: needed with SALESFORCE_USERNAME'),
      HUBSPOT_PORTAL_ID: expect.stringContaining('missing: needed for HubSpot'),
      HUBSPOT_PRIVATE_APP_TOKEN: expect.stringContaining('one way to log in'),
      TRIBUTARY_PRM_WEBHOOK_SECRETS: expect.stringContaining('entry 2: write whsec_'),
      TRIBUTARY_PAYOUT_URL: expect.stringContaining('missing: needed with TRIBUTARY_PAYOUT_SECRET'),
      TRIBUTARY_PAYOUT_SECRET: expect.stringContaining('write whsec_'),
    });
    expect(() => loadConfig(env)).toThrow(/has 17 mistakes:\n {2}DATABASE_URL: /);
    expect(() => loadConfig(env)).not.toThrow(/c4n4ry/);
  });

  it.each([
    ['TRIBUTARY_API_KEYS', 'prm:short', 'shorter than 24'],
    ['TRIBUTARY_API_KEYS', 'justakeywithoutanyname-0123456789', 'write name:key'],
    ['TRIBUTARY_API_KEYS', `${API_KEYS},${API_KEYS}`, 'the same'],
    ['TRIBUTARY_ENCRYPTION_KEYS', `${ENCRYPTION_KEYS},${ENCRYPTION_KEYS}`, 'the same id'],
    ['TRIBUTARY_PAYOUT_URL', 'https://user:pw@payouts.example.com', 'leave user and password out'],
    ['HUBSPOT_API_VERSIONS', 'objekts=2026-03', 'areas are all, account, objects'],
    ['HUBSPOT_API_VERSIONS', 'objects=2031-03', 'objects: write v3 or 2026-03, not "2031-03"'],
    ['HUBSPOT_API_VERSIONS', 'search=v3,search=2026-03', 'search is named twice'],
    ['HUBSPOT_SALESFORCE_SYNC', 'maybe', 'write auto, on or off'],
    ['REDIS_URL', 'http://cache', 'not a Redis address'],
    ['SALESFORCE_ORG_ID', '12345', 'begin with 00D'],
    ['TRIBUTARY_MAPPING_DIR', '/etc/hostname', 'not a folder'],
    ['TRIBUTARY_API_PAUSE_PERCENT', '0', 'from 1 to 100; tributary stop'],
    ['TRIBUTARY_API_PAUSE_PERCENT', '101', 'from 1 to 100'],
    ['TRIBUTARY_API_RESERVE_PERCENT', '100', 'from 0 to 99'],
  ])('refuses %s=%s', (name, value, problem) => {
    expect(problemsOf({ [name]: value })[name]).toContain(problem);
  });

  it('names variables that look misspelt, and leaves those of the tests alone', () => {
    const config = loadConfig({
      TRIBUTARY_HTP_PORT: '1',
      TRIBUTARY_TEST_REDIS_URL: 'x',
      TRIBUTARY_CRASH_AT: 'x',
      HOME: '/root',
    });
    expect(config.unknownVariables).toEqual(['TRIBUTARY_HTP_PORT']);
  });

  it('has an .env.example that is current (npx tsx src/platform/config/env-example.ts makes it)', async () => {
    expect(await readFile(ENV_EXAMPLE_FILE, 'utf8')).toBe(envExample());
  });

  it('shows in .env.example the defaults that hold, and every variable once', () => {
    const defaults = environmentSchema.parse({}) as Record<string, unknown>;
    for (const [name, variable] of Object.entries<Variable>(variables)) {
      if (defaults[name] !== undefined)
        expect([name, variable.example]).toEqual([name, String(defaults[name])]);
      expect(envExample().split(`# ${name}=`).length).toBe(2);
    }
  });
});
