/**
 * The role the application works as. The owner migrates; the application has no right to a table until the
 * migration that makes the table grants it by name. A table of posted rows grants SELECT and INSERT and nothing
 * else, so that money is append-only by right, not by habit.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // Roles belong to the whole cluster: another database may have made it, even at this very moment.
  await knex.raw(`
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tributary_app') THEN
        CREATE ROLE tributary_app NOLOGIN;
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END $$;
  `);
  // A superuser may take any role; every other owner has to be a member to connect with -c role=tributary_app.
  // From PostgreSQL 16 on, having created the role is not enough to take it.
  await knex.raw(`
    DO $$
    DECLARE
      needed text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
    BEGIN
      IF NOT pg_has_role(current_user, 'tributary_app', needed) THEN
        EXECUTE format('GRANT tributary_app TO %I', current_user);
      END IF;
    END $$;
  `);
  await knex.raw('GRANT USAGE ON SCHEMA public TO tributary_app');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('REVOKE USAGE ON SCHEMA public FROM tributary_app');
  // The role itself stays: other databases of the cluster may be using it.
}
