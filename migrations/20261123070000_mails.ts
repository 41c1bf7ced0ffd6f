/**
 * Why: the partner hears of a commission by mail, once per entry, written in the transaction that posts it.
 * Objects: mails.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE mails (
      -- Becomes the Message-ID, the same at every try: a mail accepted twice can be told by it.
      id uuid PRIMARY KEY,
      entry_id uuid NOT NULL UNIQUE REFERENCES commission_entries (id),
      partner_id uuid NOT NULL REFERENCES partners (id),
      -- NULL: the partner has no address; the mail is parked with that reason, never silently left out.
      recipient text,
      subject text NOT NULL,
      body text NOT NULL,
      state text NOT NULL CHECK (state IN ('due', 'sent', 'parked')),
      created_at timestamptz NOT NULL,
      due_at timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      lease_token uuid,
      leased_until timestamptz,
      sent_at timestamptz,
      parked_at timestamptz,
      last_error jsonb,
      CHECK ((state = 'due') = (due_at IS NOT NULL)),
      CHECK (state = 'parked' OR recipient IS NOT NULL)
    );
    CREATE INDEX mails_due ON mails (due_at) WHERE state = 'due';
    CREATE INDEX mails_parked ON mails (parked_at) WHERE state = 'parked';

    GRANT SELECT, INSERT, UPDATE, DELETE ON mails TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE mails');
}
