/**
 * Why: where the programme says so, a deal is mirrored as a lead and becomes an opportunity when the lead is converted. What
 * a mirror is, is fixed when it is made; a lead is never read as if it were a deal.
 * Objects: connections.deal_target, mirrors.record_kind.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- As the mapping said when the connection was opened last: what new mirrors become.
    ALTER TABLE connections ADD COLUMN deal_target text NOT NULL DEFAULT 'deal' CHECK (deal_target IN ('deal', 'lead'));
    ALTER TABLE mirrors ADD COLUMN record_kind text NOT NULL DEFAULT 'deal' CHECK (record_kind IN ('deal', 'lead'));
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE mirrors DROP COLUMN record_kind;
    ALTER TABLE connections DROP COLUMN deal_target;
  `);
}
