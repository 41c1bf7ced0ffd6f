import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Their journal is written as they go, so killing them loses nothing. */
const stopLimitMs = 10_000;
const cli = fileURLToPath(new URL('../../bin/tributary.mjs', import.meta.url));

/** What `tributary sandbox --json` prints. */
export const LocalCrms = z.object({
  salesforce: z
    .object({
      url: z.string(),
      adminUrl: z.string(),
      pubsubEndpoint: z.string(),
      credentials: z.object({
        loginUrl: z.string(),
        instanceUrl: z.string(),
        clientId: z.string(),
        clientSecret: z.string(),
        username: z.string(),
        privateKey: z.string(),
        refreshToken: z.string(),
        organizationId: z.string(),
      }),
    })
    .optional(),
  hubspot: z
    .object({
      url: z.string(),
      adminUrl: z.string(),
      credentials: z.object({
        baseUrl: z.string(),
        clientId: z.string(),
        clientSecret: z.string(),
        refreshToken: z.string(),
        privateAppToken: z.string(),
        portalId: z.coerce.string(),
        appId: z.coerce.string(),
      }),
    })
    .optional(),
  payoutReceiver: z.object({ url: z.string(), secret: z.string(), logFile: z.string() }).optional(),
});
export type LocalCrms = z.infer<typeof LocalCrms>;

export interface RunningLocalCrms {
  crms: LocalCrms;
  stop(): Promise<void>;
}

export interface LocalCrmsOptions {
  dataDir?: string;
  preset?: string;
  payoutReceiver?: boolean;
  extraArguments?: readonly string[];
}

/**
 * Starts the local CRMs in a process of their own, as real CRMs are: a killed worker does not take them along, and
 * nothing of them can be imported by mistake. They are in their own process group, so Ctrl-C reaches only us and we
 * stop them after our own drain.
 */
export async function startLocalCrms(options: LocalCrmsOptions): Promise<RunningLocalCrms> {
  const args = ['sandbox', '--json', '--stop-with-parent'];
  if (options.dataDir) args.push('--data-dir', options.dataDir);
  if (options.preset) args.push('--preset', options.preset);
  if (options.payoutReceiver) args.push('--payout-receiver');
  args.push(...(options.extraArguments ?? []));
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const crms = LocalCrms.parse(JSON.parse(await firstLine(child)));
  return { crms, stop: () => stopChild(child) };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) throw new Error('the local CRMs were started without a pipe to read from');
    const lines = createInterface({ input: child.stdout });
    lines.once('line', resolve);
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`the local CRMs ended at start (${signal ?? String(code)})`)),
    );
  });
}

function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const kill = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
