import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const notCopied = new Set(['node_modules', '.git', '.tributary', 'coverage', '.env']);

/** A copy of the tree as a newcomer has it after `git clone` and `npm ci`: nothing of ours is in its way. */
export async function copyTree(root: string): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-readme-'));
  // The embedded PostgreSQL may run as another user, who has to enter.
  await chmod(folder, 0o755);
  await cp(root, folder, {
    recursive: true,
    filter: (source) => !notCopied.has(path.relative(root, source)),
  });
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A newcomer's environment: none of our variables, none of npm's, no proxy that would catch calls to this machine. */
export function plainEnvironment(extra: Readonly<Record<string, string>>): Record<string, string> {
  const kept = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'SHELL'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...extra };
}

/**
 * `npx` as a shell function for the command of ours only: npm's own start takes longer than the command's. A page's first
 * commands go without it, so that the real way is walked too.
 */
export function shortNpx(folder: string): string {
  const command = `node '${path.join(folder, 'bin/tributary.mjs')}'`;
  return `npx() { if [ "$1" = tributary ]; then shift; ${command} "$@"; else command npx "$@"; fi; }`;
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs lines in bash as a person would paste them: the first that fails ends it. */
export async function runLines(folder: string, lines: string, env: Record<string, string>): Promise<Ran> {
  const child = startLines(folder, lines, env);
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  const code = await ended(child);
  return { code, stdout: stdout(), stderr: stderr() };
}

export interface Running {
  /** What it printed until it said that it is running. */
  printed: string;
  /** Ctrl-C, as a terminal sends it: to the whole group. */
  interrupt(): Promise<Ran>;
}

/** Starts a command that runs until it is stopped, and waits until it says that it is running. */
export async function startUntilStopped(
  folder: string,
  lines: string,
  env: Record<string, string>,
  isReady: (printed: string) => boolean,
): Promise<Running> {
  const child = startLines(folder, lines, env);
  const stdout = collect(child, 'stdout');
  const stderr = collect(child, 'stderr');
  const end = ended(child);
  while (!isReady(stdout())) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`"${lines}" ended before it was ready:\n${stdout()}\n${stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    printed: stdout(),
    interrupt: async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
      const code = await end;
      return { code, stdout: stdout(), stderr: stderr() };
    },
  };
}

function startLines(folder: string, lines: string, env: Record<string, string>): ChildProcess {
  return spawn('bash', ['-euo', 'pipefail', '-c', lines], {
    cwd: folder,
    env,
    // A group of its own, so that Ctrl-C can be sent to it as a terminal does.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', (code) => resolve(code)));
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[stream]?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return () => text;
}
