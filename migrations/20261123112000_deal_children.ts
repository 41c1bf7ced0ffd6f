/**
 * Why: records without a key of ours hang on a deal in the CRM (its partner, a member of its team). Which of them we meant to
 * be there is remembered before the call, so that after a lost answer, or when the deal is another partner's, ours can be told
 * from a rep's and only ours are taken away.
 * Objects: deal_children.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE deal_children (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      deal_id uuid NOT NULL REFERENCES deals (id),
      kind text NOT NULL CHECK (kind IN ('partner', 'deal-team')),
      -- What the child points to: an account, a user.
      ref text NOT NULL,
      meant_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, deal_id, kind, ref)
    );
    GRANT SELECT, INSERT, DELETE ON deal_children TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE deal_children');
}
