/**
 * Why: accounts and contacts that deals refer to are merged, deleted and restored in the CRM. What was deleted there is
 * remembered, so that it is not made anew without a person and is taken up again when it is restored; each is looked at
 * again when `check_at` has come. A deal refused because of such a record is healed once per version, never in a loop.
 * Objects: crm_references.gone_crm_id, crm_references.check_at, partner_links.check_at, mirrors.healed_version.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE crm_references ADD COLUMN gone_crm_id text, ADD COLUMN check_at timestamptz;
    ALTER TABLE partner_links ADD COLUMN check_at timestamptz;
    ALTER TABLE mirrors ADD COLUMN healed_version integer;
    CREATE INDEX crm_references_to_check ON crm_references (connection_id, check_at) WHERE check_at IS NOT NULL;
    CREATE INDEX crm_references_by_record ON crm_references (connection_id, crm_id) WHERE crm_id IS NOT NULL;
    CREATE INDEX partner_links_to_check ON partner_links (connection_id, check_at) WHERE check_at IS NOT NULL;
    -- Which partners' deals an account is for, in whatever state they are.
    CREATE INDEX mirrors_by_account_key ON mirrors (account_key, connection_id);
    CREATE INDEX mirrors_to_heal ON mirrors (connection_id)
      WHERE state = 'parked' AND last_error->>'referenceGone' = 'true' AND healed_version IS DISTINCT FROM desired_version;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP INDEX crm_references_to_check, crm_references_by_record, partner_links_to_check, mirrors_by_account_key, mirrors_to_heal;
    ALTER TABLE mirrors DROP COLUMN healed_version;
    ALTER TABLE partner_links DROP COLUMN check_at;
    ALTER TABLE crm_references DROP COLUMN gone_crm_id, DROP COLUMN check_at;
  `);
}
