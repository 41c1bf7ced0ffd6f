/**
 * Why: thousands of records go out as one file that the CRM works on by itself. Such a job outlives every lease and every
 * process, so it is a row, stored before anything of it is sent; what it writes belongs to it (the rows' lease is the job's
 * id and does not run out) until its results are recorded. And a deal that was written but not linked yet is remembered as
 * such, so that an interruption between the two does not write it again.
 * Objects: bulk_jobs, bulk_job_rows; mirrors.pushed_hash, mirrors.pushed_fresh, mirrors_leased.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE bulk_jobs (
      id uuid PRIMARY KEY,
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      kind text NOT NULL CHECK (kind IN ('account', 'contact', 'deal', 'link')),
      target jsonb NOT NULL,
      -- 'filling' with rows; 'ready' to be sent; 'created' in the CRM; 'uploading': whether the data arrived is unknown;
      -- 'uploaded'; 'working': the CRM was told to begin; 'done'; 'given-up': its rows go out in ordinary batches.
      state text NOT NULL CHECK (state IN ('filling', 'ready', 'created', 'uploading', 'uploaded', 'working', 'done', 'given-up')),
      crm_job_id text,
      row_count integer NOT NULL DEFAULT 0,
      byte_count bigint NOT NULL DEFAULT 0,
      -- Counted against the hourly cap.
      reserved boolean NOT NULL DEFAULT false,
      processed integer NOT NULL DEFAULT 0,
      failed integer NOT NULL DEFAULT 0,
      polls integer NOT NULL DEFAULT 0,
      attempts integer NOT NULL DEFAULT 0,
      -- The stop switch ended it in the CRM.
      halted boolean NOT NULL DEFAULT false,
      due_at timestamptz,
      lease_token uuid,
      leased_until timestamptz,
      last_error jsonb,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      ended_at timestamptz
    );
    CREATE UNIQUE INDEX bulk_jobs_one_filling ON bulk_jobs (connection_id, kind, (target->>'operation')) WHERE state = 'filling';
    CREATE INDEX bulk_jobs_due ON bulk_jobs (connection_id, due_at) WHERE due_at IS NOT NULL;

    -- What a job writes, as it is sent; deleted when its results are recorded.
    CREATE TABLE bulk_job_rows (
      job_id uuid NOT NULL REFERENCES bulk_jobs (id) ON DELETE CASCADE,
      key text NOT NULL,
      -- Rows of one customer stand together in the file, so that the CRM does not lock it from two sides.
      account_key text NOT NULL,
      item jsonb NOT NULL,
      PRIMARY KEY (job_id, key)
    );

    ALTER TABLE mirrors ADD COLUMN pushed_hash text, ADD COLUMN pushed_fresh boolean NOT NULL DEFAULT false;
    CREATE INDEX mirrors_leased ON mirrors (connection_id, account_key) WHERE leased_until IS NOT NULL;

    GRANT SELECT, INSERT, UPDATE, DELETE ON bulk_jobs, bulk_job_rows TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP INDEX mirrors_leased;
    ALTER TABLE mirrors DROP COLUMN pushed_hash, DROP COLUMN pushed_fresh;
    DROP TABLE bulk_job_rows, bulk_jobs`);
}
