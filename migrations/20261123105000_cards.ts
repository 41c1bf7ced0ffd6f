/**
 * Why: whatever needs a person is one card, open until it is solved: a login that was revoked, a field that was removed,
 * a channel that is not listened to. A card is opened once however often its cause is met, so that it alerts once.
 * Objects: cards.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE cards (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      kind text NOT NULL,
      -- What it is about, unique among the open cards of its kind: a field, a channel, a deal.
      subject text NOT NULL,
      plain text NOT NULL,
      next_step text NOT NULL,
      details jsonb NOT NULL DEFAULT '{}',
      -- A person is told (mail, webhook) of cards that stop a connection; of the others the page tells.
      alerts boolean NOT NULL DEFAULT false,
      alerted_at timestamptz,
      opened_at timestamptz NOT NULL,
      last_met_at timestamptz NOT NULL,
      closed_at timestamptz
    );
    CREATE UNIQUE INDEX cards_open ON cards (connection_id, kind, subject) WHERE closed_at IS NULL;
    CREATE INDEX cards_unalerted ON cards (id) WHERE alerts AND alerted_at IS NULL;
    GRANT SELECT, INSERT, UPDATE ON cards TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE cards');
}
