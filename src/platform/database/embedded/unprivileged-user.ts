import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';

/** Whom PostgreSQL runs as. `ids` is empty when that is us. */
export interface RunsAs {
  name: string;
  ids: { uid: number; gid: number } | Record<string, never>;
}

/** PostgreSQL refuses to run as root. `postgres` is who it is meant for, `nobody` exists almost everywhere. */
const CANDIDATES = ['postgres', 'nobody'];
const CREATED = 'tributary-postgres';

/** Ourselves, or as root an existing unprivileged user, or one made for the purpose. */
export function userForPostgres(): RunsAs {
  if (process.getuid?.() !== 0) return { name: userInfo().username, ids: {} };
  for (const name of [...CANDIDATES, CREATED]) {
    const ids = idsOf(name);
    if (ids !== undefined) return { name, ids };
  }
  return createUser();
}

/** Whether `user` can reach `folder` through all folders above it. */
export function canEnter(user: RunsAs, folder: string): boolean {
  if (!('uid' in user.ids)) return true;
  const run = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user.ids, cwd: '/' });
  return run.status === 0;
}

function createUser(): RunsAs {
  const commands: Array<[string, string[]]> = [
    ['useradd', ['--system', '--user-group', '--no-create-home', CREATED]],
    ['adduser', ['-S', '-D', '-H', CREATED]],
  ];
  for (const [command, args] of commands) {
    spawnSync(command, args, { encoding: 'utf8' });
    const ids = idsOf(CREATED);
    if (ids !== undefined) return { name: CREATED, ids };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no user to run it as: create one with ' +
      `"useradd --system --user-group ${CREATED}", or set DATABASE_URL, or start Tributary as another user.`,
  );
}

function idsOf(name: string): { uid: number; gid: number } | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const run = spawnSync('id', [flag, name], { encoding: 'utf8' });
    return run.status === 0 ? Number.parseInt(run.stdout, 10) : Number.NaN;
  });
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid) || uid === 0)
    return undefined;
  return { uid, gid };
}
