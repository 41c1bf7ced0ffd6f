import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../bin/tributary.mjs', import.meta.url));

/** A real `tributary` process of a test. Its log goes to a file in the test's folder. */
export interface TributaryProcess {
  name: string;
  child: ChildProcess;
  /** Resolves with the matching part of standard output once it was printed; rejects when the process ends before. */
  printed(pattern: RegExp): Promise<string>;
  /** How it ended: the exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** As an operator stops it: SIGTERM, then everything in hand is finished. */
  stop(): Promise<number | NodeJS.Signals>;
}

export function startTributary(
  command: 'work' | 'serve',
  options: { name: string; folder: string; env: Readonly<Record<string, string>> },
): TributaryProcess {
  const { name, folder, env } = options;
  const logFile = path.join(folder, `${name}.log`);
  const log = openSync(logFile, 'a');
  // Only what a process needs of this one's environment; in the test's folder, where no .env file lies.
  const inherited = { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: process.env['TMPDIR'] };
  const child = spawn(process.execPath, [cli, command], {
    cwd: folder,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', log],
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  return {
    name,
    child,
    printed: (pattern) => whenPrinted(child, ended, logFile, pattern),
    ended,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return ended;
    },
  };
}

function whenPrinted(
  child: ChildProcess,
  ended: Promise<unknown>,
  logFile: string,
  pattern: RegExp,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const match = pattern.exec(text);
      if (match) resolve(match[1] ?? match[0]);
    });
    void ended.then((how) => {
      const log = readFileSync(logFile, 'utf8').slice(-2_000);
      reject(new Error(`the process ended (${String(how)}) before it printed ${String(pattern)}:\n${log}`));
    });
  });
}
