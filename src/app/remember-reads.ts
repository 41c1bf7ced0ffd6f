import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Connector } from '../crm/connector.ts';
import type { RememberRead } from '../crm/remember-read.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import type { ConnectionRow } from './connection-store.ts';

export type OpeningReads = Pick<Connector, 'identify' | 'describe'>;

/** No older than what a running process keeps for as long. */
const lifeMs = 5 * 60_000;

export interface ReadMemory {
  /** What a process read under this name within minutes; else it is read now, and kept. */
  remember: RememberRead;
  /** Whether anything came out of it. */
  used(): boolean;
}

/**
 * What opening a connection reads of the org, taken from the last process that read it within minutes: a process that is
 * started over and over would spend more calls on opening than on work. Read with the same settings, credentials and login,
 * or not used.
 */
export async function openMemory(
  { db, clock }: { db: Database; clock: Clock },
  row: ConnectionRow,
): Promise<ReadMemory> {
  const fingerprint = await fingerprintOf(db, row);
  let used = false;
  const remember = async <T>(name: string, read: () => Promise<T>): Promise<T> => {
    const now = clock.now();
    const [kept] = await db.query<{ value: Buffer }>(
      'SELECT value FROM connection_reads WHERE connection_id = $1 AND name = $2 AND fingerprint = $3 AND read_at > $4 AND read_at <= $5',
      [row.id, name, fingerprint, new Date(now.getTime() - lifeMs), now],
    );
    if (kept) {
      used = true;
      return deserialize(kept.value) as T;
    }
    const value = await read();
    await db.query(
      `INSERT INTO connection_reads (connection_id, name, fingerprint, value, read_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (connection_id, name) DO UPDATE SET fingerprint = excluded.fingerprint, value = excluded.value, read_at = excluded.read_at`,
      [row.id, name, fingerprint, serialize(value), now],
    );
    return value;
  };
  return { remember, used: () => used };
}

export function rememberedReads({ remember }: ReadMemory, connector: Connector): OpeningReads {
  return {
    identify: (options) => remember('identity', () => connector.identify(options)),
    describe: async (object, options) => {
      const description = await remember(`describe ${object}`, () => connector.describe(object, options));
      connector.heedDescription?.(description);
      return description;
    },
  };
}

/** What was read may not be so any more: a login was refused, or the mapping does not fit. */
export async function forgetReads(sql: Sql, connectionId: string): Promise<void> {
  await sql.query('DELETE FROM connection_reads WHERE connection_id = $1', [connectionId]);
}

async function fingerprintOf(sql: Sql, { id, settings, pinnedAccountId }: ConnectionRow): Promise<string> {
  const [login] = await sql.query<{ epoch: number; updated_at: Date | null }>(
    `SELECT c.login_epoch AS epoch, s.updated_at FROM connections c LEFT JOIN connection_secrets s ON s.connection_id = c.id
      WHERE c.id = $1`,
    [id],
  );
  const parts = [settings, pinnedAccountId, login?.epoch, login?.updated_at?.toISOString()];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
