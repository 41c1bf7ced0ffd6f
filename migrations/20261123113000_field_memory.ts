/**
 * Why: whose a field is, and who changed it, is told by values. For each deal and connection we keep what we last sent,
 * and, beside it in observed_records, what the CRM was last seen to hold; where the two differ a person can see it.
 * Objects: field_memory, field_differences, observed_records.read_at, observed_records.as_of, mirrors.repushes.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- One row for all fields of a deal, so that a batch of outcomes costs one statement and one tuple per deal.
    CREATE TABLE field_memory (
      deal_id uuid NOT NULL REFERENCES deals (id),
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      -- Raised by every recorded write: a read that began before it says nothing about what it wrote.
      revision integer NOT NULL,
      -- {field: {"v": value, "at": when}}: what we last sent.
      sent jsonb NOT NULL,
      -- Fields sent since the record was last read back.
      unread text[] NOT NULL DEFAULT '{}',
      -- {field: value found}: fields of ours that the CRM is known to hold otherwise.
      differing jsonb NOT NULL DEFAULT '{}',
      -- {field: value}: what was put right once; it is not put right a second time.
      restored jsonb NOT NULL DEFAULT '{}',
      -- {field: {"from": source, "v": value}}: what of the registration a field of the rep was last given, or last asked about.
      offered jsonb NOT NULL DEFAULT '{}',
      -- Fields that were the partner's until a stage which this record has reached: they stay the rep's.
      handed_over text[] NOT NULL DEFAULT '{}',
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (deal_id, connection_id)
    ) WITH (fillfactor = 80);

    CREATE TABLE field_differences (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      deal_id uuid NOT NULL REFERENCES deals (id),
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      crm_id text NOT NULL,
      field text NOT NULL,
      -- 'changed-by-crm': found otherwise when our write was read back. 'drifted': had been as we sent it, is not any more.
      kind text NOT NULL CHECK (kind IN ('changed-by-crm', 'drifted')),
      sent jsonb NOT NULL,
      found jsonb NOT NULL,
      -- 'reported': left as it is. 'restored': written once more.
      action text NOT NULL CHECK (action IN ('reported', 'restored')),
      -- 'noted': a field that is the rep's since its creation, so there is nothing to settle.
      state text NOT NULL CHECK (state IN ('open', 'noted', 'settled')),
      first_seen_at timestamptz NOT NULL,
      last_seen_at timestamptz NOT NULL,
      settled_at timestamptz
    );
    CREATE UNIQUE INDEX field_differences_open ON field_differences (deal_id, connection_id, field) WHERE state = 'open';
    CREATE INDEX field_differences_by_deal ON field_differences (deal_id, id);

    ALTER TABLE observed_records
      -- When the stored snapshot was read: by our clock, and as of when by the vendor's.
      ADD COLUMN read_at timestamptz,
      ADD COLUMN as_of timestamptz;

    ALTER TABLE mirrors
      -- How often this mirrored version was written again because the CRM showed something else.
      ADD COLUMN repushed_version integer,
      ADD COLUMN repushes integer NOT NULL DEFAULT 0;

    GRANT SELECT, INSERT, UPDATE, DELETE ON field_memory, field_differences TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE mirrors DROP COLUMN repushed_version, DROP COLUMN repushes;
    ALTER TABLE observed_records DROP COLUMN read_at, DROP COLUMN as_of;
    DROP TABLE field_differences, field_memory;
  `);
}
