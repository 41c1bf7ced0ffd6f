import { createHash } from 'node:crypto';
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { canEnter } from './unprivileged-user.ts';
import type { RunsAs } from './unprivileged-user.ts';

export interface Place {
  /** Ours: settings, password, lock. */
  own: string;
  /** The server's: data and log, owned by the user it runs as. */
  cluster: string;
  /** Where copies of the binaries go when they cannot be run in place. */
  copies: string;
}

/** Tried in order when the server's user cannot enter the data folder. */
const ELSEWHERE = ['/var/lib/tributary-embedded', '/var/tmp/tributary-embedded'];

/**
 * Decides where the server's files lie: in the data folder, or, when that is below a folder its user may not enter
 * (a project in /root), in a folder of its own named after the data folder.
 */
export async function choosePlace(dataDir: string, user: RunsAs): Promise<Place> {
  const own = path.join(dataDir, 'postgres');
  await mkdir(own, { recursive: true });
  const real = await realpath(own);
  if (canEnter(user, real)) return { own: real, cluster: path.join(real, 'cluster'), copies: real };

  const name = createHash('sha256').update(real).digest('hex').slice(0, 16);
  for (const base of ELSEWHERE) {
    if (await isUsable(base, user)) return { own: real, cluster: path.join(base, name), copies: base };
  }
  throw new Error(
    `PostgreSQL runs as ${user.name}, who can enter neither ${real} nor ${ELSEWHERE.join(' nor ')}: ` +
      'set TRIBUTARY_DATA_DIR to a folder that every user can enter, or set DATABASE_URL.',
  );
}

async function isUsable(base: string, user: RunsAs): Promise<boolean> {
  try {
    await mkdir(base, { recursive: true });
    // Someone else's folder of that name under /var/tmp could be a trap for our data.
    if ((await stat(base)).uid !== process.getuid?.()) return false;
    await chmod(base, 0o755);
    return canEnter(user, base);
  } catch {
    return false;
  }
}
