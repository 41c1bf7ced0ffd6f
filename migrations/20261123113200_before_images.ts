/**
 * Why: what a run wrote can be taken back. Before a deal is updated, what its fields held is kept; of a creation, that it
 * was one. Kept for a set time, then pruned.
 * Objects: before_images.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE before_images (
      run_id uuid NOT NULL,
      deal_id uuid NOT NULL REFERENCES deals (id),
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      crm_id text NOT NULL,
      -- The record did not exist before.
      created boolean NOT NULL,
      -- What the fields held before, and what was sent.
      before jsonb NOT NULL,
      wrote jsonb NOT NULL,
      taken_at timestamptz NOT NULL,
      -- Kept before anything is sent: false until the outcome was recorded. After a lost answer it may have been written.
      landed boolean NOT NULL,
      reverted_at timestamptz,
      PRIMARY KEY (run_id, deal_id)
    );
    CREATE INDEX before_images_by_time ON before_images (connection_id, taken_at);
    CREATE INDEX before_images_by_deal ON before_images (deal_id);
    CREATE INDEX before_images_old ON before_images (taken_at);

    GRANT SELECT, INSERT, UPDATE, DELETE ON before_images TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE before_images');
}
