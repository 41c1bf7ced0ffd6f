/**
 * What lets a worker that was killed go on with few calls: `mirrors.sent_hash` says what the only send of a deal held, so
 * that a record found in the CRM afterwards need not be written again; `observed_records.resting_until`, as long as it
 * equals `due_at`, says that nothing but our own writes ask for the read, which may wait until it fills a batch.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE mirrors ADD COLUMN sent_hash text');
  await knex.raw('ALTER TABLE observed_records ADD COLUMN resting_until timestamptz');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE observed_records DROP COLUMN resting_until');
  await knex.raw('ALTER TABLE mirrors DROP COLUMN sent_hash');
}
