import type { ApiUsage } from '../../crm/usage.ts';
import type { Database, Sql } from '../../platform/database/database.ts';
import { forecastUsage, pushShare, type UsageForecast, type UsageSample } from './forecast.ts';

export interface KeptUsage extends UsageForecast {
  used: number;
  allowed: number;
  readAt: Date;
  /** When the count begins anew; null: each call counts for 24 hours, or it is not known. */
  resetsAt: Date | null;
  /** Nothing is written: the share set for writing is used. */
  over: boolean;
}

const sampleMs = 10 * 60_000;
const dayMs = 24 * 3_600_000;

/** Stores what the CRM said last. @returns what it means, and whether writing had been paused before */
export async function keepUsage(
  db: Database,
  connectionId: string,
  usage: ApiUsage,
): Promise<KeptUsage & { wasOver: boolean }> {
  const at = new Date(usage.at);
  return db.transaction(async (tx) => {
    const [before] = await tx.query<{ over: boolean; resets_at: Date | null }>(
      'SELECT over, resets_at FROM connection_usage WHERE connection_id = $1 FOR UPDATE',
      [connectionId],
    );
    await addSample(tx, connectionId, at, usage.used);
    const resetsAt =
      usage.resetsAt === undefined ? stillAhead(before?.resets_at, at) : new Date(usage.resetsAt);
    const kept = judge({ ...usage, readAt: at, resetsAt }, await samplesOf(tx, connectionId, at));
    await tx.query(
      `INSERT INTO connection_usage AS u (connection_id, used, allowed, read_at, over, free_at, resets_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (connection_id) DO UPDATE SET used = excluded.used, allowed = excluded.allowed, read_at = excluded.read_at,
         over = excluded.over, free_at = excluded.free_at, resets_at = excluded.resets_at WHERE u.read_at <= excluded.read_at`,
      [connectionId, kept.used, kept.allowed, at, kept.over, kept.freeAt, kept.resetsAt],
    );
    return { ...kept, wasOver: before?.over ?? false };
  });
}

/** One per ten minutes: the first use seen in it. */
async function addSample(tx: Sql, connectionId: string, at: Date, used: number): Promise<void> {
  const slot = new Date(Math.floor(at.getTime() / sampleMs) * sampleMs);
  await tx.query(
    'INSERT INTO connection_usage_samples (connection_id, at, used) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [connectionId, slot, used],
  );
  await tx.query('DELETE FROM connection_usage_samples WHERE connection_id = $1 AND at < $2', [
    connectionId,
    new Date(at.getTime() - dayMs),
  ]);
}

function samplesOf(sql: Sql, connectionId: string, now: Date): Promise<UsageSample[]> {
  return sql.query<UsageSample & Record<string, unknown>>(
    'SELECT at, used FROM connection_usage_samples WHERE connection_id = $1 AND at > $2 ORDER BY at',
    [connectionId, new Date(now.getTime() - dayMs)],
  );
}

type Said = Pick<KeptUsage, 'used' | 'allowed' | 'readAt' | 'resetsAt'>;

function judge({ used, allowed, readAt, resetsAt }: Said, samples: readonly UsageSample[]): KeptUsage {
  const forecast = forecastUsage({ at: readAt, used }, allowed, pushShare(), samples, resetsAt);
  return { used, allowed, readAt, resetsAt, over: forecast.freeAt !== null, ...forecast };
}

/** A process that has not been told when knows it from another one, until then. */
function stillAhead(known: Date | null | undefined, at: Date): Date | null {
  return known && known > at ? known : null;
}

/** What is known of a connection's use; null: its CRM does not say. */
export async function readUsage(sql: Sql, connectionId: string): Promise<KeptUsage | null> {
  const [row] = await sql.query<{ used: number; allowed: number; readAt: Date; resetsAt: Date | null }>(
    'SELECT used, allowed, read_at AS "readAt", resets_at AS "resetsAt" FROM connection_usage WHERE connection_id = $1',
    [connectionId],
  );
  if (!row) return null;
  return judge(row, await samplesOf(sql, connectionId, row.readAt));
}

/** One line for people: `1204 of 15000 calls in 24 hours are used (8 %); at this rate used up at 16:40`. */
export function usageInWords(usage: KeptUsage): string {
  const percent = Math.round((usage.used / usage.allowed) * 100);
  const period = usage.resetsAt === null ? 'calls in 24 hours' : 'calls of the day';
  const until = usage.resetsAt === null ? '' : `, counted anew at ${clockTime(usage.resetsAt)}`;
  const said = `${usage.used} of ${usage.allowed} ${period} are used (${percent} %${until})`;
  if (usage.over && usage.freeAt) return `${said}; writing is paused until about ${clockTime(usage.freeAt)}`;
  const soon = usage.usedUpAt !== null && usage.usedUpAt.getTime() - usage.readAt.getTime() < dayMs;
  return soon && usage.usedUpAt ? `${said}; at this rate used up at ${clockTime(usage.usedUpAt)}` : said;
}

export function clockTime(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
