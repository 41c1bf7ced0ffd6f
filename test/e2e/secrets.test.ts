import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { stringify } from 'yaml';
import { localRecordRules } from '../../src/app/programme/prepare-programme.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { startTributary, type TributaryProcess } from '../faults/worker-process.ts';
import { startRedisServer, type RedisServer } from '../services/redis-server.ts';
import {
  connectionState,
  crms,
  newDeals,
  recordOf,
  registerAndApprove,
  startSystem,
  untilClean,
  untilMirrored,
  type RegisteredDeal,
  type RunningSystem,
} from './running-system.ts';
import { until } from './tributary-process.ts';

/**
 * One run through good and bad days with everything that logs turned up, then a search for each secret in every place
 * that is not meant for it: logs, tables, what went over Redis, what the API and the command line answer.
 */
let system: RunningSystem;
let redis: RedisServer | undefined;
let deals: RegisteredDeal[];
let secrets: ReadonlyMap<string, string>;
const processes: TributaryProcess[] = [];
const heardByRedis: string[] = [];
const answers: string[] = [];
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  system = await startSystem();
  closing.push(system.close);
  const { url } = system;
  await system.halt();
  redis = await startRedisServer(path.join(system.dataDir, 'redis'));
  if (redis) {
    closing.push(redis.stop);
    await listenIn(redis.url);
  }
  await runProcesses(url);
  await liveThrough();
  await collectAnswers(url);
  for (const running of processes.splice(0)) await running.stop();
  secrets = await collectSecrets();
}, 240_000);
afterAll(async () => {
  for (const running of processes) await running.stop();
  for (const step of closing.reverse()) await step();
});

/** Serving wakes through PostgreSQL, whose job rows stay for want of a worker there; the workers use Redis if there is one. */
async function runProcesses(url: string): Promise<void> {
  const rules = path.join(system.dataDir, 'record-rules.yaml');
  await writeFile(rules, stringify(localRecordRules));
  const env = {
    ...system.env,
    TRIBUTARY_LOG_LEVEL: 'trace',
    TRIBUTARY_PUBLIC_URL: url,
    TRIBUTARY_RECORD_RULES_FILE: rules,
  };
  const serve = { ...env, TRIBUTARY_HTTP_PORT: new URL(url).port };
  const work = { ...env, ...(redis ? { REDIS_URL: redis.url } : {}) };
  const folder = system.dataDir;
  processes.push(startTributary('serve', { name: 'serve', folder, env: serve }));
  processes.push(startTributary('work', { name: 'work', folder, env: work }));
  await processes[0]?.printed(/is running: (\S+)/);
}

async function listenIn(url: string): Promise<void> {
  const client = new Redis(url);
  const monitor = await client.monitor();
  monitor.on('monitor', (_time: string, words: string[]) => heardByRedis.push(words.join(' ')));
  closing.push(async () => {
    monitor.disconnect();
    client.disconnect();
  });
}

async function liveThrough(): Promise<void> {
  deals = await registerAndApprove(system, newDeals(2));
  await untilMirrored(system, deals);
  // A bad hour: both CRMs lose answers, refuse the login and quote what they were sent.
  for (const crm of crms) await system.admin(crm).post('/faults', { rules: badHour() });
  for (const crm of crms) await system.admin(crm).post('/revoke-tokens', {});
  const more = await registerAndApprove(system, newDeals(1));
  for (const crm of crms) {
    const paused = async (): Promise<string | undefined> => {
      const state = await connectionState(system, crm);
      return state.paused && state.reason !== null ? state.reason : undefined;
    };
    answers.push(await until(`the pause of ${crm}`, paused, 20_000));
  }
  const logged = async (): Promise<true | undefined> =>
    /the connection could not be opened|the login is refused/.test(await readLog('work')) || undefined;
  await until('a failure in the log', logged, 20_000);
  for (const crm of crms) await system.admin(crm).clearFaults();
  for (const crm of crms) await system.admin(crm).post('/faults', { rules: [lostAnswer()] });
  await untilMirrored(system, more);
  for (const deal of deals) {
    const { crmId } = await recordOf(system, deal);
    await system.admin(deal.crm).play([{ action: 'win', id: crmId }]);
  }
  await untilClean(system, 40_000);
}

function readLog(name: string): Promise<string> {
  return readFile(path.join(system.dataDir, `${name}.log`), 'utf8');
}

function badHour(): object[] {
  const { refreshToken, clientSecret } = hubspotCredentials();
  const quoted = `refused: refresh_token=${refreshToken}&client_secret=${clientSecret}`;
  const body = { error: 'invalid_grant', error_description: quoted, status: 'error', message: quoted };
  return [{ match: { path: '/oauth' }, fault: { kind: 'status', status: 400, body } }];
}

function lostAnswer(): object {
  return {
    match: { path: 'composite|batch' },
    when: { every: 2, times: 4 },
    fault: { kind: 'reset', at: 'after-commit' },
  };
}

function hubspotCredentials(): NonNullable<RunningSystem['crms']['hubspot']>['credentials'] {
  const credentials = system.crms.hubspot?.credentials;
  if (!credentials) throw new Error('no local HubSpot');
  return credentials;
}

async function collectAnswers(url: string): Promise<void> {
  const id = deals[0]?.id ?? '';
  const paths = [
    'overview',
    'deals',
    `deals/${id}`,
    `deals/${id}/history`,
    'partners',
    'intake/parked',
    'openapi.json',
  ];
  for (const name of paths) answers.push(await ask(`${url}/v1/${name}`, system.apiKey));
  answers.push(await ask(`${url}/v1/deals`, 'a-wrong-key-that-nobody-may-see-again'));
  answers.push(await ask(`${url}/v1/deals/none`, system.apiKey));
  await fetch(`${url}/v1/webhooks/crm/hubspot`, { method: 'POST', body: '[]' });
  for (const command of ['connections', 'doctor']) {
    const { stdout, stderr } = await system.cli(command, '--json');
    answers.push(stdout, stderr);
  }
}

async function ask(url: string, key: string): Promise<string> {
  return (await fetch(url, { headers: { authorization: `Bearer ${key}` } })).text();
}

async function collectSecrets(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const { privateKey } = system.crms.salesforce?.credentials ?? { privateKey: '' };
  found.set('the private key', privateKey.split('\n')[5] ?? '');
  const { refreshToken, clientSecret } = hubspotCredentials();
  found.set('the refresh token', refreshToken);
  found.set('the client secret', clientSecret);
  found.set('the payout secret', (system.crms.payoutReceiver?.secret ?? '').replace('whsec_', ''));
  found.set('the API key', system.apiKey);
  found.set('a wrong API key', 'a-wrong-key-that-nobody-may-see-again');
  found.set('the encryption key', system.env['TRIBUTARY_ENCRYPTION_KEYS']?.split(':')[1] ?? '');
  for (const [index, token] of (await issuedTokens()).entries()) found.set(`access token ${index}`, token);
  return found;
}

/** The access tokens both CRMs ever gave out, from their own journals. */
async function issuedTokens(): Promise<string[]> {
  const folder = path.join(system.dataDir, 'crms');
  const files = await readdir(folder, { recursive: true });
  const tokens: string[] = [];
  for (const file of files.filter((name) => name.endsWith('.jsonl'))) {
    const text = await readFile(path.join(folder, file), 'utf8');
    for (const [, token] of text.matchAll(/"token":"([^"]{40,})"/g)) if (token) tokens.push(token);
  }
  return [...new Set(tokens)];
}

/** Which secrets stand in a text, plainly or as bytes in hexadecimal, as PostgreSQL shows them. */
function secretsIn(text: string): string[] {
  const lower = text.toLowerCase();
  return [...secrets]
    .filter(([, secret]) => text.includes(secret) || lower.includes(Buffer.from(secret).toString('hex')))
    .map(([name]) => name);
}

describe('secrets', () => {
  it('were really there to be leaked', () => {
    expect(secrets.size).toBeGreaterThanOrEqual(9);
    for (const [name, secret] of secrets)
      expect({ name, long: secret.length >= 20 }).toEqual({ name, long: true });
    expect(secretsIn(`x ${system.apiKey} y`)).toEqual(['the API key']);
  });

  it('stand in no log, however much is logged', async () => {
    for (const name of ['serve', 'work']) {
      const log = await readLog(name);
      expect(log).toContain('"level":"warn"');
      expect({ name, secrets: secretsIn(log) }).toEqual({ name, secrets: [] });
    }
  });

  it('stand in no table, not even among the jobs, but for the sealed ones', async () => {
    const owner = openDatabase({
      url: system.env['DATABASE_URL'] ?? '',
      maxConnections: 1,
      applicationName: 'e2e',
      role: null,
    });
    try {
      const tables = await owner.query<{ name: string }>(
        `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
          WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
      );
      expect(tables.length).toBeGreaterThan(30);
      const leaks: Record<string, string[]> = {};
      for (const { name } of tables) {
        const rows = await owner.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
        const found = secretsIn(rows.map(({ row }) => row).join('\n'));
        if (found.length > 0) leaks[name] = found;
      }
      expect(leaks).toEqual({});
    } finally {
      await owner.close();
    }
  });

  it('go over no queue: a job holds ids', () => {
    if (!redis)
      return console.warn('skipped: no redis-server; what goes over PostgreSQL was searched with the tables');
    const text = heardByRedis.join('\n');
    expect(text).toContain('connectionId');
    expect(secretsIn(text)).toEqual([]);
  });

  it('stand in no answer of the API or the command line', () => {
    const text = answers.join('\n');
    expect(text).toContain(deals[0]?.company.name);
    expect(secretsIn(text)).toEqual([]);
  });
});
