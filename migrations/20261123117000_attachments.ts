/**
 * Why: a registration may belong to a record that a rep had before. Such a deal writes only what says so, earns as
 * influenced, and can be taken off again; a win that was read for it then no longer stands in the way of another deal.
 * Objects: attachments; won_epochs (its uniqueness leaves out wins of deals that were taken off).
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE attachments (
      deal_id uuid NOT NULL REFERENCES deals (id),
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      -- As it was attached; the mirror's own id follows merges.
      crm_id text NOT NULL,
      -- influenced: a rep's record. renewal: found by the renewal rule. converted: made from our own lead, so sourced.
      role text NOT NULL CHECK (role IN ('influenced', 'renewal', 'converted')),
      -- What our fields held before the first write; NULL until then known.
      before jsonb,
      attached_by text NOT NULL,
      attached_at timestamptz NOT NULL,
      PRIMARY KEY (deal_id, connection_id)
    );
    CREATE UNIQUE INDEX attachments_one_deal_per_record ON attachments (connection_id, crm_id);
    GRANT SELECT, INSERT, UPDATE, DELETE ON attachments TO tributary_app;

    ALTER TABLE won_epochs DROP CONSTRAINT won_epochs_connection_id_crm_id_history_id_key;
    CREATE UNIQUE INDEX won_epochs_one_deal_per_win ON won_epochs (connection_id, crm_id, history_id)
      WHERE ended_by IS DISTINCT FROM 'detached';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP INDEX won_epochs_one_deal_per_win;
    ALTER TABLE won_epochs ADD UNIQUE (connection_id, crm_id, history_id);
    DROP TABLE attachments;
  `);
}
