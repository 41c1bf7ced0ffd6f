/**
 * Why: a registration's products can be written as products of the CRM's deal. They carry no key of ours there, so which
 * of the CRM's lines are ours, and what we wrote or may have written, is kept; and which deals' lines wait for a person.
 * Objects: deal_lines, deal_line_waits.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE deal_lines (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      deal_id uuid NOT NULL REFERENCES deals (id),
      -- Stable within the deal: its product, and which of several it is.
      line text NOT NULL,
      -- The CRM's deal that it is of: a deal made anew has none yet.
      deal_crm_id text NOT NULL,
      -- The CRM's line; NULL until an answer said so.
      crm_id text,
      -- 'theirs': somebody changed it, took it away or had it before us. It is not touched again.
      state text NOT NULL CHECK (state IN ('ours', 'theirs')),
      -- [{"quantity": "1", "unitPrice": "9.90"}]: what we wrote, and what we may have written since without an answer.
      "values" jsonb NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, deal_id, line)
    );
    CREATE TABLE deal_line_waits (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      deal_id uuid NOT NULL REFERENCES deals (id),
      retry_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, deal_id)
    );
    CREATE INDEX deal_line_waits_due ON deal_line_waits (retry_at);
    GRANT SELECT, INSERT, UPDATE, DELETE ON deal_lines, deal_line_waits TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE deal_lines, deal_line_waits');
}
