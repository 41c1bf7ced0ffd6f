/**
 * Why: a hole in a stream of notifications is a promise to look at records, kept until each was read; and a CRM without a
 * stream is polled, more often, until there is one again. Both have to be seen and survive a restart.
 * Objects: stream_gaps, gap_records, listening.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE stream_gaps (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      reason text NOT NULL,
      -- Changes from then on may be missing. NULL: any record may have changed, so all of them are read.
      since timestamptz,
      noticed_at timestamptz NOT NULL,
      -- When all records to be read were known: at once, or when the poll of the time since was complete.
      listed_at timestamptz,
      records integer NOT NULL DEFAULT 0,
      closed_at timestamptz
    );
    CREATE INDEX stream_gaps_open ON stream_gaps (connection_id) WHERE closed_at IS NULL;

    -- A record counts as read when it was seen at least as often as it was due when the gap was met.
    CREATE TABLE gap_records (
      gap_id bigint NOT NULL REFERENCES stream_gaps (id) ON DELETE CASCADE,
      crm_id text NOT NULL,
      due_seq bigint NOT NULL,
      PRIMARY KEY (gap_id, crm_id)
    );

    CREATE TABLE listening (
      connection_id text PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
      mode text NOT NULL CHECK (mode IN ('stream', 'poll')),
      since timestamptz NOT NULL,
      -- The stream is asked for again then.
      retry_at timestamptz
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON stream_gaps, gap_records, listening TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE listening, gap_records, stream_gaps');
}
