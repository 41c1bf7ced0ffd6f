import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startMeasured, type MeasuredProcess } from '../measured-process.ts';

const script = fileURLToPath(new URL('./org-process.ts', import.meta.url));
const Where = z.object({
  url: z.string(),
  adminUrl: z.string(),
  credentials: z.object({ clientId: z.string(), clientSecret: z.string() }),
});

/** A Salesforce sandbox in a process of its own, and the plainest client for it. */
export interface OrgUnderTest {
  process: MeasuredProcess;
  /** From spawning the process until it said where it listens. */
  startMs: number;
  /** Processor time it used until then: the same, on a machine that has nothing else to do. */
  startCpuSeconds: number;
  /** One authenticated call of the API; rejects on anything but success. */
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<string>;
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startOrg(preset: string, dataDir?: string): Promise<OrgUnderTest> {
  const started = performance.now();
  const folder = dataDir === undefined ? [] : [dataDir];
  const running = startMeasured(script, [preset, ...folder], {}, ['--expose-gc']);
  const where = Where.parse(JSON.parse(await running.line()));
  const startMs = performance.now() - started;
  const startCpuSeconds = await running.cpuSeconds();
  const agent = new Agent({ keepAlive: true });
  const token = await logIn(where);
  return {
    process: running,
    startMs,
    startCpuSeconds,
    call: (method, path, body, contentType) =>
      exchange(agent, where.url + path, method, body, { token, contentType }),
    admin: async (method, path, body) =>
      JSON.parse(await exchange(agent, where.adminUrl + path, method, body, {})) as unknown,
    async stop() {
      agent.destroy();
      await running.stop();
    },
  };
}

async function logIn({ url, credentials }: z.infer<typeof Where>): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
  };
  const answer = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

function exchange(
  agent: Agent,
  url: string,
  method: string,
  body: unknown,
  { token, contentType = 'application/json' }: { token?: string; contentType?: string | undefined },
): Promise<string> {
  const payload = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const headers = {
    ...(payload === '' ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const status = answer.statusCode ?? 0;
        if (status < 200 || status > 299)
          reject(new Error(`${method} ${url}: ${status} ${text.slice(0, 500)}`));
        else resolve(text);
      });
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}
