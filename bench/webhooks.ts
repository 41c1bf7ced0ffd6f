/**
 * `npm run bench:webhooks`: how fast notifications of HubSpot are answered. Signed batches of 100 events go over real HTTP
 * to the real API in a process of its own, with its PostgreSQL; each is stored before it is answered. HubSpot sends up to
 * ten at once and gives up after five seconds. Prints what it measured and judges nothing but that all were taken.
 */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const EVENTS = 100;
const WARM_UP = 50;
const BATCHES = Number(process.argv[2] ?? 500);
const SECRET = 'the-client-secret-of-the-bench';
const PORTAL_ID = 41_000_000;
const cli = fileURLToPath(new URL('../bin/tributary.mjs', import.meta.url));

const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-bench-webhooks-'));
const server = serve();
try {
  const target = `${await addressOf()}/v1/webhooks/crm/hubspot`;
  await sendAll(target, WARM_UP, 1);
  console.log(`${os.cpus().length} x ${os.cpus()[0]?.model ?? '?'}, load ${os.loadavg()[0]?.toFixed(1)}`);
  for (const atOnce of [1, 10]) {
    const before = await processorMs();
    const took = await sendAll(target, BATCHES, atOnce);
    const each = ((await processorMs()) - before) / BATCHES;
    const at = (share: number): string => (took[Math.floor(took.length * share)] ?? 0).toFixed(1);
    console.log(
      `${BATCHES} batches of ${EVENTS}, ${atOnce} at once: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${took.at(-1)?.toFixed(1)} ms; ${each.toFixed(1)} ms of the API's processor time each`,
    );
  }
} finally {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  await rm(folder, { recursive: true, force: true });
}

/** The HTTP side alone, with a PostgreSQL of its own. It calls no HubSpot: storing is all that is asked of it. */
function serve() {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TRIBUTARY|SALESFORCE|HUBSPOT)_/.test(name),
  );
  return spawn(process.execPath, [cli, 'serve'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...Object.fromEntries(inherited),
      TRIBUTARY_DATA_DIR: path.join(folder, 'data'),
      TRIBUTARY_HTTP_PORT: '0',
      TRIBUTARY_LOG_LEVEL: 'error',
      HUBSPOT_PORTAL_ID: String(PORTAL_ID),
      HUBSPOT_CLIENT_ID: 'bench',
      HUBSPOT_CLIENT_SECRET: SECRET,
      HUBSPOT_REFRESH_TOKEN: 'never used',
    },
  });
}

/** Of the API's process without its PostgreSQL; NaN where the system does not tell. */
async function processorMs(): Promise<number> {
  const stat = await readFile(`/proc/${server.pid}/stat`, 'utf8').catch(() => '');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  // In hundredths of a second.
  return (Number(user) + Number(system)) * 10;
}

async function addressOf(): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /Tributary is running: (\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the API ended before it listened');
}

/** Milliseconds per answer, shortest first. */
async function sendAll(target: string, count: number, atOnce: number): Promise<number[]> {
  const took: number[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      took.push(await send(target, batch(next)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  return took.sort((a, b) => a - b);
}

async function send(target: string, body: string): Promise<number> {
  const stamp = String(Date.now());
  const signature = createHmac('sha256', SECRET).update(`POST${target}${body}${stamp}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'x-hubspot-signature-v3': signature,
    'x-hubspot-request-timestamp': stamp,
  };
  const startedAt = performance.now();
  const answer = await fetch(target, { method: 'POST', headers, body });
  const text = await answer.text();
  const took = performance.now() - startedAt;
  if (answer.status !== 204) throw new Error(`a batch was refused: ${answer.status} ${text}`);
  return took;
}

function batch(number: number): string {
  return JSON.stringify(
    Array.from({ length: EVENTS }, (_none, index) => ({
      ...{ eventId: number * EVENTS + index, subscriptionId: 1, portalId: PORTAL_ID, appId: 900 },
      ...{ occurredAt: Date.now(), subscriptionType: 'deal.propertyChange', attemptNumber: 0 },
      ...{ objectId: 5_000_000_000 + index, propertyName: 'amount', propertyValue: '1200.50' },
      ...{ changeSource: 'CRM_UI', sourceId: 'userId:12345' },
    })),
  );
}
