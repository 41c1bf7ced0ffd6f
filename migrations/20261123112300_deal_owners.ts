/**
 * Why: new deals are given to the sales team in turn. Whose turn it is is one row, so that any number of workers share it and a
 * restart forgets nothing; whom a deal was given to is kept, so that a write that is tried again names the same owner.
 * Objects: owner_turns, deal_owners.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE owner_turns (
      connection_id text PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
      -- How many deals were given out.
      turn bigint NOT NULL DEFAULT 0
    );
    CREATE TABLE deal_owners (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      deal_id uuid NOT NULL REFERENCES deals (id),
      username text NOT NULL,
      assigned_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, deal_id)
    );
    GRANT SELECT, INSERT, UPDATE ON owner_turns, deal_owners TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE deal_owners, owner_turns');
}
