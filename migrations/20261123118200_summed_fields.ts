/**
 * Why: where a deal has products, the CRM computes its amount from them and refuses ours. Such a field is left out of writes
 * and told as a difference of its own kind; that it was held has to be remembered, so that it is written once the products
 * are gone.
 * Objects: field_memory.summed; field_differences (one more kind).
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE field_memory ADD COLUMN summed boolean NOT NULL DEFAULT false;
    ALTER TABLE field_differences DROP CONSTRAINT field_differences_kind_check;
    -- 'summed': the sum of the record's own products; ours is not written while there are any.
    ALTER TABLE field_differences ADD CONSTRAINT field_differences_kind_check
      CHECK (kind IN ('changed-by-crm', 'drifted', 'summed'));
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    UPDATE field_differences SET kind = 'changed-by-crm' WHERE kind = 'summed';
    ALTER TABLE field_differences DROP CONSTRAINT field_differences_kind_check;
    ALTER TABLE field_differences ADD CONSTRAINT field_differences_kind_check CHECK (kind IN ('changed-by-crm', 'drifted'));
    ALTER TABLE field_memory DROP COLUMN summed;
  `);
}
