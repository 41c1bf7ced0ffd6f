import type { Sql } from '../platform/database/database.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/ids.ts';
import type { PartnerChange } from './partner.ts';
import { addTier, tierOn } from './tiers.ts';

export interface PartnerOutputs {
  /** The partner's name, today's tier or channel manager changed; called in the same transaction. */
  partnerChanged(tx: Sql, partnerId: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface SavedPartner {
  id: string;
  created: boolean;
  changed: boolean;
}

interface PartnerRow {
  id: string;
  name: string;
  email: string | null;
  country: string | null;
  manager: string | null;
  managerEmail: string | null;
}

/**
 * Creates the partner or brings it up to date, inside the caller's transaction. Fields left out (undefined) keep
 * their value, null empties them. Saving the same again changes nothing.
 * @throws TierAlreadySet when the tier would rewrite a day that has begun
 */
export async function savePartner(
  tx: Sql,
  key: string,
  change: PartnerChange,
  context: { clock: Clock; outputs: PartnerOutputs },
): Promise<SavedPartner> {
  const now = context.clock.now();
  const today = now.toISOString().slice(0, 10);
  const created = await insertPartner(tx, key, change, context.clock);
  const before = await lockPartner(tx, key);
  const tierBefore = await tierOn(tx, before.id, today);
  const after = {
    name: change.name,
    email: change.email === undefined ? before.email : change.email,
    country: change.country === undefined ? before.country : change.country,
    ...managerOf(change, before),
  };
  const isChanged = changeable.some((field) => before[field] !== after[field]);
  if (isChanged) {
    await tx.query(
      `UPDATE partners SET name = $2, email = $3, country = $4, channel_manager_name = $5, channel_manager_email = $6,
              updated_at = $7 WHERE id = $1`,
      [before.id, after.name, after.email, after.country, after.manager, after.managerEmail, now],
    );
  }
  if (change.tier) await addTier(tx, { id: before.id, key }, change.tier, change.tierFrom ?? today, now);
  const tierAfter = await tierOn(tx, before.id, today);
  const shown = {
    ...(before.name === after.name ? {} : { name: { from: before.name, to: after.name } }),
    ...(shownManager(before) === shownManager(after)
      ? {}
      : { channelManager: { from: shownManager(before), to: shownManager(after) } }),
    ...(tierBefore === tierAfter ? {} : { tier: { from: tierBefore, to: tierAfter } }),
  };
  if (!created && Object.keys(shown).length > 0) await context.outputs.partnerChanged(tx, before.id, shown);
  return { id: before.id, created, changed: isChanged || tierBefore !== tierAfter };
}

const changeable = ['name', 'email', 'country', 'manager', 'managerEmail'] as const;

function managerOf(
  { channelManager }: PartnerChange,
  before: Pick<PartnerRow, 'manager' | 'managerEmail'>,
): Pick<PartnerRow, 'manager' | 'managerEmail'> {
  if (channelManager === undefined) return { manager: before.manager, managerEmail: before.managerEmail };
  return { manager: channelManager?.name ?? null, managerEmail: channelManager?.email ?? null };
}

function shownManager({
  manager,
  managerEmail,
}: Pick<PartnerRow, 'manager' | 'managerEmail'>): string | null {
  return manager === null || managerEmail === null ? manager : `${manager} <${managerEmail}>`;
}

async function insertPartner(tx: Sql, key: string, change: PartnerChange, clock: Clock): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO partners (id, key, name, email, country, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
     ON CONFLICT (key) DO NOTHING RETURNING id`,
    [newId(clock), key, change.name, change.email ?? null, change.country ?? null, clock.now()],
  );
  return rows.length > 0;
}

async function lockPartner(tx: Sql, key: string): Promise<PartnerRow> {
  const [row] = await tx.query<PartnerRow>(
    `SELECT id, name, email, country, channel_manager_name AS manager, channel_manager_email AS "managerEmail"
       FROM partners WHERE key = $1 FOR UPDATE`,
    [key],
  );
  if (row === undefined) throw new Error(`partner "${key}" vanished while it was saved`);
  return row;
}
