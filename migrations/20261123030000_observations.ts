/**
 * Why: the way in. Notifications are hints; the worker re-reads the record, and wins hang on transitions stored here.
 * Objects: inbox_messages, change_hints, observed_records, cursors, deal_transitions, won_epochs, commission_due.
 * Posted (INSERT and SELECT only): deal_transitions.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE inbox_messages (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      body bytea NOT NULL,
      received_at timestamptz NOT NULL,
      parsed_at timestamptz,
      bad_elements jsonb NOT NULL DEFAULT '[]'
    );
    CREATE INDEX inbox_messages_unparsed ON inbox_messages (id) WHERE parsed_at IS NULL;

    CREATE TABLE change_hints (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      via text NOT NULL CHECK (via IN ('stream', 'webhook', 'poll', 'push', 'person')),
      crm_id text NOT NULL,
      change text NOT NULL,
      fields text[] NOT NULL DEFAULT '{}',
      skipped_as_echo boolean NOT NULL DEFAULT false,
      heard_at timestamptz NOT NULL
    );
    CREATE INDEX change_hints_by_record ON change_hints (connection_id, crm_id, id);

    CREATE TABLE observed_records (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      crm_id text NOT NULL,
      due_seq bigint NOT NULL,
      seen_seq bigint NOT NULL DEFAULT 0,
      -- NULL when nothing is to be read.
      due_at timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      lease_token uuid,
      leased_until timestamptz,
      deal_id uuid REFERENCES deals (id),
      -- The vendor's own modification time of the stored snapshot: an older snapshot is discarded.
      snapshot_at timestamptz,
      snapshot jsonb,
      deleted boolean NOT NULL DEFAULT false,
      parked_at timestamptz,
      last_error jsonb,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, crm_id)
    );
    CREATE INDEX observed_records_due ON observed_records (connection_id, due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX observed_records_by_deal ON observed_records (deal_id) WHERE deal_id IS NOT NULL;

    CREATE TABLE cursors (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      name text NOT NULL,
      value text NOT NULL,
      lease_token uuid,
      leased_until timestamptz,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, name)
    );

    CREATE TABLE deal_transitions (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      deal_id uuid NOT NULL REFERENCES deals (id),
      connection_id text NOT NULL,
      crm_id text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('won', 'lost', 'reopened', 'amount-changed', 'deleted', 'undeleted')),
      -- The vendor's stage-history entry (won, lost, reopened), or a digest of the new value (amount-changed, deleted…).
      history_id text NOT NULL,
      epoch integer,
      stage text,
      amount_minor bigint,
      currency char(3),
      occurred_at timestamptz NOT NULL,
      recorded_at timestamptz NOT NULL,
      UNIQUE (connection_id, crm_id, kind, history_id)
    );
    CREATE INDEX deal_transitions_by_deal ON deal_transitions (deal_id, id);

    -- A won epoch is one history entry into won. At most one is live per deal.
    CREATE TABLE won_epochs (
      deal_id uuid NOT NULL REFERENCES deals (id),
      epoch integer NOT NULL,
      connection_id text NOT NULL,
      crm_id text NOT NULL,
      history_id text NOT NULL,
      won_at timestamptz NOT NULL,
      amount_minor bigint,
      currency char(3),
      live boolean NOT NULL,
      ended_at timestamptz,
      ended_by text,
      -- A win accrues at once; no payout trigger may be inserted before this instant.
      settles_at timestamptz NOT NULL,
      -- Why this win earns nothing ('not-crm-of-record', 'before-cutoff', …), NULL when it earns.
      earns_nothing_because text,
      -- Raised at every change of this row; a commission remembers the revision it was computed from.
      revision integer NOT NULL DEFAULT 1,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (deal_id, epoch),
      UNIQUE (connection_id, crm_id, history_id)
    );
    CREATE UNIQUE INDEX won_epochs_one_live ON won_epochs (deal_id, connection_id) WHERE live;

    -- The due row T1 leaves for T2. due_seq > seen_seq means: compute.
    CREATE TABLE commission_due (
      deal_id uuid PRIMARY KEY REFERENCES deals (id),
      due_seq bigint NOT NULL,
      seen_seq bigint NOT NULL DEFAULT 0,
      due_at timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      lease_token uuid,
      leased_until timestamptz,
      last_error jsonb,
      updated_at timestamptz NOT NULL
    );
    CREATE INDEX commission_due_due ON commission_due (due_at) WHERE due_at IS NOT NULL;

    GRANT SELECT, INSERT, UPDATE, DELETE ON inbox_messages, change_hints, observed_records, cursors, won_epochs,
      commission_due TO tributary_app;
    GRANT SELECT, INSERT ON deal_transitions TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`DROP TABLE commission_due, won_epochs, deal_transitions, cursors, observed_records, change_hints,
    inbox_messages`);
}
