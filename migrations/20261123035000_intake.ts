/**
 * Why: the doors in. What arrives is kept before anyone is told "accepted", each event counts once, for ever, and
 * what cannot be read is parked with its reason instead of being lost.
 * Objects: deals (+ company_sector, source_stage), intake_receipts, intake_events, intake_parked, api_requests.
 * Personal data: intake_events.body, intake_parked.element and api_requests.body may hold a contact's; they may be deleted.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE deals ADD COLUMN company_sector text;
    -- The stage the deal had in the system it came from ('Won' in a spreadsheet). Ours is status.
    ALTER TABLE deals ADD COLUMN source_stage text;

    -- One row per accepted event of a source, permanent: a window of hours would take an old repeat for a new event.
    CREATE TABLE intake_receipts (
      source text NOT NULL,
      event_id text NOT NULL,
      source_ref text NOT NULL,
      received_at timestamptz NOT NULL,
      PRIMARY KEY (source, event_id)
    );

    CREATE TABLE intake_events (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      source text NOT NULL,
      webhook_id text NOT NULL,
      body bytea NOT NULL,
      received_at timestamptz NOT NULL,
      -- NULL once processed.
      due_at timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      processed_at timestamptz,
      -- Count per outcome: {"registered": 99, "parked": 1}.
      outcomes jsonb,
      last_error text,
      UNIQUE (source, webhook_id)
    );
    CREATE INDEX intake_events_due ON intake_events (due_at, id) WHERE due_at IS NOT NULL;

    CREATE TABLE intake_parked (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      intake_event_id bigint NOT NULL REFERENCES intake_events (id) ON DELETE CASCADE,
      -- Index of the element in the message; -1 = the message as a whole.
      position integer NOT NULL,
      kind text NOT NULL,
      -- JSON as text: jsonb cannot hold the NUL that may be the very fault.
      element text NOT NULL,
      reason text NOT NULL,
      faults jsonb NOT NULL DEFAULT '[]',
      parked_at timestamptz NOT NULL,
      resolved_at timestamptz,
      resolved_by text,
      UNIQUE (intake_event_id, position)
    );
    CREATE INDEX intake_parked_open ON intake_parked (id) WHERE resolved_at IS NULL;

    -- Idempotency-Key: the answer given, kept for ever beside the digest of what was asked.
    CREATE TABLE api_requests (
      source text NOT NULL,
      key text NOT NULL,
      request_digest text NOT NULL,
      status smallint,
      location text,
      body text,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (source, key)
    );

    GRANT SELECT, INSERT ON intake_receipts TO tributary_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON intake_events, intake_parked, api_requests TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP TABLE api_requests, intake_parked, intake_events, intake_receipts;
    ALTER TABLE deals DROP COLUMN source_stage;
    ALTER TABLE deals DROP COLUMN company_sector;
  `);
}
