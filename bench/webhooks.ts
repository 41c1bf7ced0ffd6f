/**
 * `npm run bench:webhooks`: how fast notifications of HubSpot are answered. Signed batches of 100 events go over real HTTP
 * to the real API in a process of its own, with its PostgreSQL; each is stored before it is answered. HubSpot sends up to
 * ten at once and gives up after five seconds. After each batch the same one goes to a bare receiver that only answers: what
 * that takes is the machine's own. Prints what it measured and judges nothing but that all were taken.
 */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const EVENTS = 100;
const WARM_UP = 50;
const BATCHES = Number(process.argv[2] ?? 2000);
const SECRET = 'the-client-secret-of-the-bench';
const PORTAL_ID = 41_000_000;
const agent = new Agent({ keepAlive: true });
const cli = fileURLToPath(new URL('../bin/tributary.mjs', import.meta.url));

const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-bench-webhooks-'));
const server = serve();
const bare = spawn(process.execPath, [fileURLToPath(new URL('./bare-receiver.mjs', import.meta.url))], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const target = `${await addressOf()}/v1/webhooks/crm/hubspot`;
  const targets = { target, bareTarget: `http://127.0.0.1:${await lineOf(bare, /^(\d+)$/)}/` };
  await sendAll(targets, WARM_UP, 1);
  console.log(`${os.cpus().length} x ${os.cpus()[0]?.model ?? '?'}, load ${os.loadavg()[0]?.toFixed(1)}`);
  for (const atOnce of [1, 10]) {
    const before = await processorMs();
    const { ours, bares } = await sendAll(targets, BATCHES, atOnce);
    const each = ((await processorMs()) - before) / BATCHES;
    console.log(
      `${BATCHES} batches of ${EVENTS}, ${atOnce} at once: ${shown(ours)}; ${each.toFixed(1)} ms of the API's processor time each; ` +
        `bare receiver: ${shown(bares)}; load ${os.loadavg()[0]?.toFixed(1)}`,
    );
  }
} finally {
  agent.destroy();
  bare.kill('SIGTERM');
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  await rm(folder, { recursive: true, force: true });
}

/** @param took milliseconds, shortest first */
function shown(took: readonly number[]): string {
  const at = (share: number): string => (took[Math.floor(took.length * share)] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${took.at(-1)?.toFixed(1)} ms`;
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

function addressOf(): Promise<string> {
  return lineOf(server, /Tributary is running: (\S+)/);
}

async function lineOf({ stdout }: Pick<typeof server, 'stdout'>, pattern: RegExp): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error('a receiver ended before it listened');
}

interface Targets {
  target: string;
  bareTarget: string;
}

/** Milliseconds per answer, shortest first. Each batch goes to both, one after the other, so that both meet the same machine. */
async function sendAll(
  { target, bareTarget }: Targets,
  count: number,
  atOnce: number,
): Promise<{ ours: number[]; bares: number[] }> {
  const ours: number[] = [];
  const bares: number[] = [];
  const waiting = Array.from({ length: count }, (_none, number) => sign(target, batch(number)));
  const sender = async (): Promise<void> => {
    for (let signed = waiting.pop(); signed; signed = waiting.pop()) {
      ours.push(await send(target, signed));
      bares.push(await send(bareTarget, signed));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  const sorted = (took: number[]): number[] => took.sort((a, b) => a - b);
  return { ours: sorted(ours), bares: sorted(bares) };
}

interface Signed {
  body: string;
  headers: Record<string, string>;
}

/** Made before the clock starts: HubSpot does this on its own machines. */
function sign(target: string, body: string): Signed {
  const stamp = String(Date.now());
  const signature = createHmac('sha256', SECRET).update(`POST${target}${body}${stamp}`).digest('base64');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'x-hubspot-signature-v3': signature,
      'x-hubspot-request-timestamp': stamp,
    },
  };
}

/** @returns milliseconds until the answer was read to its end */
function send(target: string, { body, headers }: Signed): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const sent = request(target, { method: 'POST', headers, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () => {
        if (answer.statusCode === 204) resolve(performance.now() - startedAt);
        else reject(new Error(`a batch was refused: ${answer.statusCode} ${text}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
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
