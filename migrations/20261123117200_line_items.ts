/**
 * Why: where a deal has products, commissions are computed of them. They are stored with the win, so that what was paid
 * can be computed again, and a change of products is a transition of its own: the amount may stay the same.
 * Objects: won_epochs.lines; deal_transitions (one more kind).
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- NULL: not read. []: read, and there are none.
    ALTER TABLE won_epochs ADD COLUMN lines jsonb;
    ALTER TABLE deal_transitions DROP CONSTRAINT deal_transitions_kind_check;
    ALTER TABLE deal_transitions ADD CONSTRAINT deal_transitions_kind_check
      CHECK (kind IN ('won', 'lost', 'reopened', 'amount-changed', 'lines-changed', 'deleted', 'undeleted'));
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE deal_transitions DROP CONSTRAINT deal_transitions_kind_check;
    ALTER TABLE deal_transitions ADD CONSTRAINT deal_transitions_kind_check
      CHECK (kind IN ('won', 'lost', 'reopened', 'amount-changed', 'deleted', 'undeleted')) NOT VALID;
    ALTER TABLE won_epochs DROP COLUMN lines;
  `);
}
