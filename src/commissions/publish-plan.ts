import type { AnyPlan } from './any-plan.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { newId } from '../platform/ids.ts';
import { requeueHeld } from './outcomes.ts';
import { DEFAULT_PLAN_FILE, readPlanFile } from './read-plan.ts';

export interface Publication {
  plan: AnyPlan;
  digest: string;
  /** The file's text, kept for people. */
  source: string;
  publishedBy: string;
}

/** Why a plan cannot be published. The message says what to change. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
}

/** Any number no one else locks in this database; publishing takes turns. */
const PUBLISH_LOCK = 7_420_261_150;

/**
 * Stores a plan version, for good. The same content again changes nothing. Other content under a version that
 * exists, and days that an earlier plan already covers, are refused: a past win must always find the plan it was
 * computed by. Deals held for want of a plan are made due again.
 */
export async function publishPlan(
  db: Database,
  clock: Clock,
  publication: Publication,
): Promise<{ id: string; published: boolean }> {
  return db.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [PUBLISH_LOCK]);
    const known = await findVersion(tx, publication.plan);
    if (known !== undefined) return { id: requireSame(known, publication), published: false };
    await refuseOverlap(tx, publication.plan);
    const id = await insertPlan(tx, clock, publication);
    await requeueHeld(tx, clock.now());
    return { id, published: true };
  });
}

/** Publishes the plan that ships, unless any plan was published before. For sandboxes and demos. */
export async function publishDefaultPlan(db: Database, clock: Clock): Promise<void> {
  const read = await readPlanFile(DEFAULT_PLAN_FILE);
  if ('faults' in read)
    throw new PublishError(`the plan that ships is faulty: ${JSON.stringify(read.faults)}`);
  const [any] = await db.query('SELECT 1 FROM plans LIMIT 1');
  if (any !== undefined) return;
  await publishPlan(db, clock, { ...read, publishedBy: 'installation' });
}

interface KnownVersion {
  id: string;
  digest: string;
}

async function findVersion(tx: Sql, plan: AnyPlan): Promise<KnownVersion | undefined> {
  const rows = await tx.query<KnownVersion>('SELECT id, digest FROM plans WHERE key = $1 AND version = $2', [
    plan.plan,
    plan.version,
  ]);
  return rows[0];
}

function requireSame(known: KnownVersion, publication: Publication): string {
  if (known.digest === publication.digest) return known.id;
  const { plan, version } = publication.plan;
  throw new PublishError(
    `plan ${plan} version ${version} is published with other content: raise "version" and set "effectiveFrom" to the day the change begins`,
  );
}

/**
 * All plans form one line in time. An open-ended plan ends where the next one starts; a stated end is kept.
 */
async function refuseOverlap(tx: Sql, plan: AnyPlan): Promise<void> {
  const [latest] = await tx.query<{
    key: string;
    version: number;
    effective_from: string;
    effective_to: string | null;
  }>('SELECT key, version, effective_from, effective_to FROM plans ORDER BY effective_from DESC LIMIT 1');
  if (latest === undefined) return;
  const name = `${latest.key} version ${latest.version}`;
  if (plan.effectiveFrom <= latest.effective_from) {
    throw new PublishError(
      `"effectiveFrom" must be after ${latest.effective_from}, when ${name} takes effect`,
    );
  }
  if (latest.effective_to !== null && plan.effectiveFrom < latest.effective_to) {
    throw new PublishError(
      `"effectiveFrom" must not be before ${latest.effective_to}: until then ${name} is in effect`,
    );
  }
  const [newest] = await tx.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM plans WHERE key = $1',
    [plan.plan],
  );
  if ((newest?.version ?? 0) >= plan.version) {
    throw new PublishError(`"version" must be above ${newest?.version}, the newest of ${plan.plan}`);
  }
}

async function insertPlan(
  tx: Sql,
  clock: Clock,
  { plan, digest, source, publishedBy }: Publication,
): Promise<string> {
  const id = newId(clock);
  await tx.query(
    `INSERT INTO plans (id, key, version, effective_from, effective_to, content, digest, source, published_by, published_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      id,
      plan.plan,
      plan.version,
      plan.effectiveFrom,
      plan.effectiveTo ?? null,
      JSON.stringify(plan),
      digest,
      source,
      publishedBy,
      clock.now(),
    ],
  );
  return id;
}
