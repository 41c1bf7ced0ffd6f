import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Whether a process with this id runs, whoever owns it. One that has ended but was not yet taken note of by its
 * parent (a zombie; in a container without an init process they stay) does not run.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const state = statFields(pid)?.[0];
  return state !== 'Z' && state !== 'X';
}

/**
 * What tells one process from a later one with the same id: when it began, in the kernel's ticks. Undefined where
 * there is no /proc; the id alone has to do there.
 */
export function processStart(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** The fields of /proc/<pid>/stat from the third (the state) on; the second, the name, may hold spaces itself. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/**
 * Whether `pid` is the PostgreSQL server of `dataFolder`. After a reboot or in a new container the id of a dead
 * server belongs to somebody else, and PostgreSQL itself would then refuse to start.
 */
export function isServerOf(pid: number, dataFolder: string): boolean {
  if (!isAlive(pid)) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === dataFolder;
  } catch {
    const run = spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
    if (run.error !== undefined) return true;
    return run.stdout.includes('postgres') && run.stdout.includes(dataFolder);
  }
}
