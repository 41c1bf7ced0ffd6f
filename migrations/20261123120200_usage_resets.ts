/**
 * Why: some CRMs count calls by the day of the account's own time zone (HubSpot), others over the last 24 hours. Where there
 * is an hour at which the count begins anew, people are told it, and writing waits for it.
 * Objects: connection_usage.resets_at.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE connection_usage ADD COLUMN resets_at timestamptz');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE connection_usage DROP COLUMN resets_at');
}
