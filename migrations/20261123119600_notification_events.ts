/**
 * Why: HubSpot sends an event again when our answer came late, up to a day later. Each event that became hints is
 * remembered for longer than that, so that its repetition costs no read.
 * Objects: notification_events.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE notification_events (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      -- SHA-256 of what the vendor's repetitions of an event have in common.
      event_hash bytea NOT NULL CHECK (octet_length(event_hash) = 32),
      heard_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, event_hash)
    );
    CREATE INDEX notification_events_by_age ON notification_events (heard_at);
    GRANT SELECT, INSERT, UPDATE, DELETE ON notification_events TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE notification_events');
}
