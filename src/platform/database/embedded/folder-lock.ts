import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processStart } from './processes.ts';

const PATIENCE_MS = 90_000;

/** What a process leaves in a file to say that it is there. */
export function ownMark(): string {
  return `${process.pid} ${processStart(process.pid) ?? ''}`.trim();
}

/** Whether the process that left `mark` is still running. */
export function isMarkAlive(mark: string): boolean {
  const [pid, start] = mark.trim().split(' ');
  const id = Number(pid);
  if (!Number.isInteger(id) || id <= 0 || !isAlive(id)) return false;
  return start === undefined || (processStart(id) ?? start) === start;
}

/**
 * Runs `work` while no other process runs under the same lock file. A file left by a dead process is taken over.
 * Starting and stopping a server are several steps; two processes doing them at once would each see half of the
 * other's.
 */
export async function withFolderLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await acquire(file);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const free = await writeFile(file, ownMark(), { flag: 'wx', mode: 0o600 }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (free) return;
    await removeIfStale(file);
    if (Date.now() > deadline)
      throw new Error(`another process is still starting or stopping PostgreSQL (${file})`);
    await sleep(50);
  }
}

async function removeIfStale(file: string): Promise<void> {
  const mark = await readFile(file, 'utf8').catch(() => undefined);
  // An empty file is one being written this instant.
  if (mark === undefined || mark === '' || isMarkAlive(mark)) return;
  const aside = `${file}.stale-${process.pid}`;
  await rename(file, aside).catch(() => undefined);
  await rm(aside, { force: true });
}
