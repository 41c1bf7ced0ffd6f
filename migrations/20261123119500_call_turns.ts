/**
 * Why: a CRM that allows so many calls in ten seconds counts those of all our processes together. Each row is one call
 * that may be made in any such span; it is taken before the call and becomes free once the span after its answer is over.
 * Objects: call_turns.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE call_turns (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      window_name text NOT NULL,
      turn integer NOT NULL CHECK (turn > 0),
      -- Also tells whose it is: a holder that comes back late ends only its own turn.
      taken_at timestamptz NOT NULL DEFAULT '-infinity',
      free_at timestamptz NOT NULL DEFAULT '-infinity',
      PRIMARY KEY (connection_id, window_name, turn)
    ) WITH (fillfactor = 50);
    GRANT SELECT, INSERT, UPDATE, DELETE ON call_turns TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE call_turns');
}
