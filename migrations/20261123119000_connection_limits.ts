/**
 * Why: an answer's header tells only the calls of the day. A CRM that says more of what it allows (bulk batches, storage,
 * events) is asked for it now and then, by one worker at a time; what it said decides whether a bulk job would be taken,
 * and is shown to people.
 * Objects: connection_limits.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE connection_limits (
      connection_id text PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
      -- Whoever moves it on asks, alone.
      ask_again_at timestamptz NOT NULL,
      -- Name of the allowance → {max, remaining}.
      figures jsonb NOT NULL DEFAULT '{}',
      read_at timestamptz
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON connection_limits TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE connection_limits');
}
