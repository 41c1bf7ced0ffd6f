/**
 * Why: what a partner changes in a registration after the field became the sales team's is not written; it is proposed, a
 * person decides, and the same edit is not proposed twice.
 * Objects: field_proposals.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE field_proposals (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      deal_id uuid NOT NULL REFERENCES deals (id),
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      record text NOT NULL CHECK (record IN ('deal', 'contact')),
      -- The contact's id. A deal's is looked up when it is decided: it may have been merged meanwhile.
      crm_id text,
      field text NOT NULL,
      -- Which of our values it is, and what the registration says now.
      source text NOT NULL,
      offer jsonb NOT NULL,
      -- What the CRM was seen to hold when this was shown. Accepting writes only over that.
      held jsonb NOT NULL,
      proposed jsonb NOT NULL,
      -- In words, where the value is a record's id.
      proposed_text text,
      state text NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'superseded')),
      proposed_by text NOT NULL,
      proposed_at timestamptz NOT NULL,
      decided_by text,
      decided_at timestamptz,
      note text,
      -- Somebody is accepting it: the CRM is written by one of them only.
      lease_token uuid,
      leased_until timestamptz
    );
    CREATE UNIQUE INDEX field_proposals_open ON field_proposals (deal_id, connection_id, record, field) WHERE state = 'open';
    CREATE INDEX field_proposals_waiting ON field_proposals (id) WHERE state = 'open';
    CREATE INDEX field_proposals_by_deal ON field_proposals (deal_id, id);

    GRANT SELECT, INSERT, UPDATE, DELETE ON field_proposals TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE field_proposals');
}
