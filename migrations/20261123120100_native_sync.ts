/**
 * Why: HubSpot's own Salesforce integration copies deals between the two. A deal that we wrote into both would be there
 * twice in each. What an org says of such an integration is kept with its connection, and who accepted it nevertheless.
 * Objects: connections.native_sync, connections.native_sync_allowed_by.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE connections
      -- {"with": vendor, "evidence": text}; null: none was found.
      ADD COLUMN native_sync jsonb CHECK (native_sync IS NULL OR (native_sync->>'with' IS NOT NULL AND native_sync->>'evidence' IS NOT NULL)),
      ADD COLUMN native_sync_allowed_by text CHECK (length(native_sync_allowed_by) > 1);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE connections DROP COLUMN native_sync, DROP COLUMN native_sync_allowed_by');
}
