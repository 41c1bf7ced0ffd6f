import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';

/** A marker that is already there: this point was hit before, the restarted process has to get past it. */
const ALREADY_HIT = 'EEXIST';

/**
 * A named place where a test may kill this process, as a power cut would: no handler runs, nothing is flushed.
 * When `TRIBUTARY_CRASH_AT` names it (several are separated by commas) and no process was killed here before, the
 * marker `TRIBUTARY_CRASH_DIR/<name>` is made durable, then the process kills itself. Otherwise it costs one
 * comparison.
 */
export async function crashPoint(name: string): Promise<void> {
  const wanted = process.env['TRIBUTARY_CRASH_AT'];
  if (wanted === undefined || !wanted.split(',').includes(name)) return;
  if (!claimMarker(name)) return;
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing behind this point may run any more.
  await new Promise<never>(() => undefined);
}

/** The file a killed process leaves behind for `name`, so that a test can print which points were hit. */
export function crashMarker(folder: string, name: string): string {
  return path.join(folder, name.replaceAll(':', '.'));
}

function claimMarker(name: string): boolean {
  const folder = process.env['TRIBUTARY_CRASH_DIR'];
  if (folder === undefined) throw new Error('TRIBUTARY_CRASH_AT needs TRIBUTARY_CRASH_DIR');
  mkdirSync(folder, { recursive: true });
  try {
    const marker = openSync(crashMarker(folder, name), 'wx');
    fsyncSync(marker);
    closeSync(marker);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === ALREADY_HIT) return false;
    throw error;
  }
}
