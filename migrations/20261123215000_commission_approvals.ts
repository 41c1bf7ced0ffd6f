/**
 * Why: nothing is paid that was not approved. Each entry is let through once, by a person, by the programme's rule that none is
 * needed, or because it only takes back what was let through before.
 * Objects: approvers, commission_approvals.
 * Posted (INSERT and SELECT only): commission_approvals.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Names are kept apart from what is posted: a person's name can be taken out, and the approval stays.
    CREATE TABLE approvers (
      id uuid PRIMARY KEY,
      name text NOT NULL UNIQUE CHECK (name <> '')
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON approvers TO tributary_app;

    CREATE TABLE commission_approvals (
      -- An entry is approved once, ever: the key is the entry.
      entry_id uuid PRIMARY KEY REFERENCES commission_entries (id),
      reason text NOT NULL CHECK (reason IN ('by-hand', 'no-approval-needed', 'takes-back')),
      approved_by uuid REFERENCES approvers (id),
      approved_at timestamptz NOT NULL,
      CHECK ((reason = 'by-hand') = (approved_by IS NOT NULL))
    );
    -- Until now nothing asked for an approval.
    INSERT INTO commission_approvals (entry_id, reason, approved_at)
    SELECT id, 'no-approval-needed', posted_at FROM commission_entries;
    CREATE TRIGGER commission_approvals_posted BEFORE UPDATE OR DELETE OR TRUNCATE ON commission_approvals
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_posted_rows();
    REVOKE ALL ON commission_approvals FROM tributary_app;
    GRANT SELECT, INSERT ON commission_approvals TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE commission_approvals, approvers');
}
