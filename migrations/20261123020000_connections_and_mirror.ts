/**
 * Why: the way out. Connections to CRMs with their gate, and per deal and connection the desired and the mirrored version.
 * Objects: system_switches, connections, connection_secrets, connection_slots, connection_write_hours, partner_links,
 *          crm_references, mirrors, crm_writes.
 * Posted (INSERT and SELECT only): crm_writes.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- One row. stopped = nothing outgoing: no CRM write, no payout trigger, no e-mail.
    CREATE TABLE system_switches (
      "only" boolean PRIMARY KEY DEFAULT true CHECK ("only"),
      stopped boolean NOT NULL DEFAULT false,
      changed_by text,
      changed_at timestamptz
    );
    INSERT INTO system_switches DEFAULT VALUES;

    CREATE TABLE connections (
      id text PRIMARY KEY,
      vendor text NOT NULL,
      label text NOT NULL,
      settings jsonb NOT NULL,
      is_sandbox boolean NOT NULL,
      -- The org or portal id this connection was made for. Another id behind the same credentials refuses to start.
      pinned_account_id text,
      mode text NOT NULL CHECK (mode IN ('shadow', 'live')),
      live_by text,
      live_at timestamptz,
      -- Wins before this instant earn nothing: history of the org is not ours to pay.
      cutoff_at timestamptz,
      hourly_write_cap integer CHECK (hourly_write_cap > 0),
      paused_until timestamptz,
      pause_reason text,
      record_order integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL,
      CHECK (mode = 'shadow' OR is_sandbox OR (live_by IS NOT NULL AND cutoff_at IS NOT NULL AND hourly_write_cap IS NOT NULL))
    );

    CREATE TABLE connection_secrets (
      connection_id text PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
      key_id text NOT NULL,
      iv bytea NOT NULL,
      ciphertext bytea NOT NULL,
      tag bytea NOT NULL,
      -- Digest of the credentials as configured: a restart must not put a refresh token back that was rotated since.
      configured_digest text,
      updated_at timestamptz NOT NULL
    );

    -- Leased slots bound the calls in flight per connection across all worker processes, so that one slow CRM
    -- never occupies every worker. lane: 'push' or 'observe'; each has slots of its own so reading never waits on writing.
    CREATE TABLE connection_slots (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      lane text NOT NULL,
      slot smallint NOT NULL,
      lease_token uuid,
      leased_until timestamptz,
      PRIMARY KEY (connection_id, lane, slot)
    );

    CREATE TABLE connection_write_hours (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      hour timestamptz NOT NULL,
      writes integer NOT NULL,
      PRIMARY KEY (connection_id, hour)
    );

    -- Each partner is one confirmed Account or Company per connection. Only a person confirms.
    CREATE TABLE partner_links (
      partner_id uuid NOT NULL REFERENCES partners (id),
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      crm_id text,
      candidates jsonb NOT NULL DEFAULT '[]',
      candidates_at timestamptz,
      confirmed_by text,
      confirmed_at timestamptz,
      PRIMARY KEY (partner_id, connection_id),
      CHECK ((crm_id IS NULL) = (confirmed_by IS NULL))
    );

    CREATE TABLE crm_references (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      kind text NOT NULL CHECK (kind IN ('account', 'contact')),
      key text NOT NULL,
      -- What we know of it: name, domain, country / first name, last name, e-mail, account key.
      facts jsonb NOT NULL,
      -- A contact becomes due once its account is resolved.
      account_key text,
      crm_id text,
      candidates jsonb NOT NULL DEFAULT '[]',
      state text NOT NULL CHECK (state IN ('waiting', 'due', 'resolved', 'parked')),
      due_at timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      lease_token uuid,
      leased_until timestamptz,
      last_error jsonb,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, kind, key)
    );
    CREATE INDEX crm_references_waiting ON crm_references (connection_id, account_key) WHERE state = 'waiting';
    CREATE INDEX crm_references_due ON crm_references (connection_id, kind, due_at) WHERE due_at IS NOT NULL;

    CREATE TABLE mirrors (
      deal_id uuid NOT NULL REFERENCES deals (id),
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      desired_version integer NOT NULL,
      mirrored_version integer,
      -- NULL from before a send until a conclusive success: a lost answer can never look converged.
      mirrored_hash text,
      crm_id text,
      account_key text NOT NULL,
      contact_key text,
      -- 'waiting' for references or a partner link; 'due'; 'mirrored'; 'shadowed' (computed, not sent);
      -- 'parked' (needs a person); 'tombstone' (deleted in the CRM: nothing recreates it without a person).
      state text NOT NULL CHECK (state IN ('waiting', 'due', 'mirrored', 'shadowed', 'parked', 'tombstone')),
      due_at timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      -- The last send had no conclusive answer: look the record up by our key before writing again.
      suspect boolean NOT NULL DEFAULT false,
      -- Associations and contact roles were written for this version.
      linked_version integer,
      lease_token uuid,
      leased_until timestamptz,
      last_error jsonb,
      parked_at timestamptz,
      first_due_at timestamptz NOT NULL,
      mirrored_at timestamptz,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (deal_id, connection_id)
    );
    CREATE UNIQUE INDEX mirrors_one_deal_per_record ON mirrors (connection_id, crm_id) WHERE crm_id IS NOT NULL;
    CREATE INDEX mirrors_due ON mirrors (connection_id, due_at) WHERE due_at IS NOT NULL;
    CREATE INDEX mirrors_by_account ON mirrors (connection_id, account_key) WHERE state = 'waiting';
    CREATE INDEX mirrors_by_contact ON mirrors (connection_id, contact_key) WHERE state = 'waiting';
    CREATE INDEX mirrors_parked ON mirrors (connection_id, parked_at) WHERE state = 'parked';

    CREATE TABLE crm_writes (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      run_id uuid NOT NULL,
      connection_id text NOT NULL,
      kind text NOT NULL,
      key text NOT NULL,
      deal_id uuid,
      version integer,
      crm_id text,
      -- 'shadow': intended only. 'written', 'refused', 'ambiguous'.
      outcome text NOT NULL,
      operation text NOT NULL,
      fields jsonb NOT NULL,
      error jsonb,
      occurred_at timestamptz NOT NULL
    );
    CREATE INDEX crm_writes_by_deal ON crm_writes (deal_id, id) WHERE deal_id IS NOT NULL;

    GRANT SELECT, UPDATE ON system_switches TO tributary_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON connections, connection_secrets, connection_slots,
      connection_write_hours, partner_links, crm_references, mirrors TO tributary_app;
    GRANT SELECT, INSERT ON crm_writes TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`DROP TABLE crm_writes, mirrors, crm_references, partner_links, connection_write_hours,
    connection_slots, connection_secrets, connections, system_switches`);
}
