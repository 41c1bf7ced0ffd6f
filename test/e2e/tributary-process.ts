import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../bin/tributary.mjs', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The environment of a new user: nothing of ours, nothing of the test services. */
function cleanEnvironment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TRIBUTARY|SALESFORCE|HUBSPOT|DATABASE_URL|REDIS_URL|NODE_OPTIONS|JEST)/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

/** Runs a command of the product as a user would and waits for its end. */
export async function tributary(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: root, env: cleanEnvironment(env) });
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  const code = await new Promise<number | null>((resolve) => child.once('close', (value) => resolve(value)));
  return { code, stdout: stdout(), stderr: stderr() };
}

export interface Started {
  /** Everything printed on stdout so far. */
  printed(): string;
  url: string;
  interrupt(): Promise<number | null>;
}

/** Starts a server command and waits until it says where it is. */
export async function startTributary(args: readonly string[], env: Record<string, string>): Promise<Started> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: root, env: cleanEnvironment(env) });
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const url = await waitForUrl(child, stdout, stderr);
  return {
    printed: stdout,
    url,
    interrupt: () => {
      child.kill('SIGINT');
      return ended;
    },
  };
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[stream]?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return () => text;
}

async function waitForUrl(child: ChildProcess, stdout: () => string, stderr: () => string): Promise<string> {
  while (child.exitCode === null && child.signalCode === null) {
    const url = /is running: (\S+)/.exec(stdout())?.[1];
    if (url !== undefined && stdout().includes('Ctrl-C')) return url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server ended at start:\n${stdout()}\n${stderr()}`);
}

/** A data folder that the embedded server's user may enter, removed afterwards. */
export async function temporaryDataDir(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'tributary-e2e-'));
  await chmod(dir, 0o755);
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Limits are said for a quiet machine; CI's is shared, and waiting longer costs only a failing test. */
const patience = 5;

export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  limitMs: number,
): Promise<T> {
  for (const end = Date.now() + patience * limitMs; Date.now() < end;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${what} did not happen within ${(patience * limitMs) / 1000} s`);
}
