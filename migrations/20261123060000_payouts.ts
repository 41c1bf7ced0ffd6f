/**
 * Why: what money sets off. Payout triggers, signed messages to subscribed endpoints, their acknowledgements.
 * Objects: payout_due, payout_triggers, payout_trigger_entries, endpoints, endpoint_secrets, messages,
 *          payout_acknowledgements.
 * Posted (INSERT and SELECT only): payout_triggers, payout_trigger_entries, payout_acknowledgements.
 */
import type { Knex } from 'knex';

const POSTED = ['payout_triggers', 'payout_trigger_entries', 'payout_acknowledgements'];

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Written with the entries: this win's payout has to be looked at, not before due_at.
    CREATE TABLE payout_due (
      deal_id uuid NOT NULL,
      epoch integer NOT NULL,
      due_at timestamptz NOT NULL,
      PRIMARY KEY (deal_id, epoch),
      FOREIGN KEY (deal_id, epoch) REFERENCES won_epochs (deal_id, epoch)
    );
    CREATE INDEX payout_due_due ON payout_due (due_at);

    CREATE TABLE payout_triggers (
      id uuid PRIMARY KEY,
      deal_id uuid NOT NULL,
      epoch integer NOT NULL,
      partner_id uuid NOT NULL REFERENCES partners (id),
      -- 1, 2, 3… per (deal, epoch, partner): the receiver can tell a late message from a lost one.
      sequence integer NOT NULL CHECK (sequence > 0),
      kind text NOT NULL CHECK (kind IN ('triggered', 'adjusted')),
      amount_minor bigint NOT NULL,
      currency char(3) NOT NULL,
      explanation text NOT NULL,
      created_at timestamptz NOT NULL,
      FOREIGN KEY (deal_id, epoch) REFERENCES won_epochs (deal_id, epoch),
      UNIQUE (deal_id, epoch, partner_id, sequence),
      -- Pay this, or take this back.
      CHECK (CASE kind WHEN 'triggered' THEN amount_minor > 0 ELSE amount_minor < 0 END)
    );
    CREATE INDEX payout_triggers_by_partner ON payout_triggers (partner_id, created_at);

    -- An entry is paid out by one trigger, ever: the key is the entry.
    CREATE TABLE payout_trigger_entries (
      entry_id uuid PRIMARY KEY REFERENCES commission_entries (id),
      trigger_id uuid NOT NULL REFERENCES payout_triggers (id)
    );
    CREATE INDEX payout_trigger_entries_by_trigger ON payout_trigger_entries (trigger_id);

    CREATE TABLE endpoints (
      id uuid PRIMARY KEY,
      label text NOT NULL,
      url text NOT NULL,
      types text[] NOT NULL CHECK (cardinality(types) > 0),
      created_at timestamptz NOT NULL,
      disabled_at timestamptz,
      disabled_because text
    );

    -- Newest first is what signs; older ones sign too until they expire, so that a receiver can change over.
    CREATE TABLE endpoint_secrets (
      id uuid PRIMARY KEY,
      endpoint_id uuid NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
      key_id text NOT NULL,
      iv bytea NOT NULL,
      ciphertext bytea NOT NULL,
      tag bytea NOT NULL,
      created_at timestamptz NOT NULL,
      expires_at timestamptz
    );
    CREATE INDEX endpoint_secrets_by_endpoint ON endpoint_secrets (endpoint_id, created_at);

    CREATE TABLE messages (
      -- The Standard Webhooks message id; the receiver tells repeats by it.
      id text PRIMARY KEY,
      endpoint_id uuid NOT NULL REFERENCES endpoints (id),
      type text NOT NULL,
      -- The text that is signed and sent, byte for byte.
      payload text NOT NULL,
      entry_id uuid REFERENCES commission_entries (id),
      trigger_id uuid REFERENCES payout_triggers (id),
      state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'parked')),
      created_at timestamptz NOT NULL,
      due_at timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      lease_token uuid,
      leased_until timestamptz,
      delivered_at timestamptz,
      acknowledged_at timestamptz,
      parked_at timestamptz,
      last_error jsonb,
      CHECK ((entry_id IS NULL) <> (trigger_id IS NULL)),
      CHECK ((state = 'due') = (due_at IS NOT NULL)),
      CHECK ((state = 'delivered') = (delivered_at IS NOT NULL)),
      UNIQUE (endpoint_id, entry_id),
      UNIQUE (endpoint_id, trigger_id)
    );
    CREATE INDEX messages_due ON messages (endpoint_id, due_at) WHERE state = 'due';
    -- Counts what is in flight per endpoint, so that a slow one cannot take every worker.
    CREATE INDEX messages_in_flight ON messages (endpoint_id) WHERE leased_until IS NOT NULL;
    CREATE INDEX messages_parked ON messages (parked_at) WHERE state = 'parked';
    CREATE INDEX messages_by_trigger ON messages (trigger_id) WHERE trigger_id IS NOT NULL;

    -- The first acknowledgement of a message counts: the key is the message.
    CREATE TABLE payout_acknowledgements (
      message_id text PRIMARY KEY REFERENCES messages (id),
      trigger_id uuid NOT NULL REFERENCES payout_triggers (id),
      reference text,
      via text NOT NULL CHECK (via IN ('answer', 'call')),
      acknowledged_at timestamptz NOT NULL
    );
    CREATE INDEX payout_acknowledgements_by_trigger ON payout_acknowledgements (trigger_id);

    GRANT SELECT, INSERT, UPDATE, DELETE ON payout_due, endpoints, endpoint_secrets, messages TO tributary_app;
  `);
  for (const table of POSTED) {
    await knex.raw(`
      CREATE TRIGGER ${table}_posted BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_posted_rows();
      REVOKE ALL ON ${table} FROM tributary_app;
      GRANT SELECT, INSERT ON ${table} TO tributary_app;
    `);
  }
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`DROP TABLE payout_acknowledgements, messages, endpoint_secrets, endpoints, payout_trigger_entries,
    payout_triggers, payout_due`);
}
