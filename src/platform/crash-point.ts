import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A marker that is already there: this point was hit before, the process has to get past it. */
const ALREADY_HIT = 'EEXIST';

/** After SIGSTOP another thread may take the signal first; nothing may run on in the meantime. */
const STOP_TAKES_EFFECT_MS = 50;

/**
 * A named place where a test may kill or stop this process. When `TRIBUTARY_CRASH_AT` names it (several are separated
 * by commas) the process kills itself as a power cut would: no handler runs, nothing is flushed. When
 * `TRIBUTARY_PAUSE_AT` names it the process stops itself (SIGSTOP), as a suspended machine does, and goes on from here
 * after SIGCONT. Each place strikes once: the marker `TRIBUTARY_CRASH_DIR/<name>` is made durable first, and a process
 * that finds it passes. Otherwise it costs two comparisons.
 */
export async function crashPoint(name: string): Promise<void> {
  if (isNamed('TRIBUTARY_CRASH_AT', name) && claimMarker(name)) {
    process.kill(process.pid, 'SIGKILL');
    // The signal is on its way; nothing behind this point may run any more.
    await new Promise<never>(() => undefined);
  }
  if (isNamed('TRIBUTARY_PAUSE_AT', name) && claimMarker(name)) {
    process.kill(process.pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, STOP_TAKES_EFFECT_MS));
  }
}

function isNamed(variable: string, name: string): boolean {
  const wanted = process.env[variable];
  return wanted !== undefined && wanted.split(',').includes(name);
}

/** The file a struck process leaves behind for `name`, with its process id in it. */
export function crashMarker(folder: string, name: string): string {
  return path.join(folder, name.replaceAll(':', '.'));
}

function claimMarker(name: string): boolean {
  const folder = process.env['TRIBUTARY_CRASH_DIR'];
  if (folder === undefined)
    throw new Error('TRIBUTARY_CRASH_AT and TRIBUTARY_PAUSE_AT need TRIBUTARY_CRASH_DIR');
  mkdirSync(folder, { recursive: true });
  try {
    const marker = openSync(crashMarker(folder, name), 'wx');
    // Whoever has to wake a stopped process reads here which one it is.
    writeSync(marker, String(process.pid));
    fsyncSync(marker);
    closeSync(marker);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === ALREADY_HIT) return false;
    throw error;
  }
}
