/**
 * Why: a vendor may replace the refresh token with every renewal and end everything when the old one is sent again. So
 * processes renew in turns, each reads what the one before stored, and a turn that ended without a word is remembered: the
 * token it was given may be lost.
 * Objects: connection_secrets.turn_token, turn_until, renewal_open.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE connection_secrets
      ADD COLUMN turn_token uuid,
      ADD COLUMN turn_until timestamptz,
      -- A renewal was begun and nobody knows how it ended.
      ADD COLUMN renewal_open boolean NOT NULL DEFAULT false;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(
    'ALTER TABLE connection_secrets DROP COLUMN turn_token, DROP COLUMN turn_until, DROP COLUMN renewal_open',
  );
}
