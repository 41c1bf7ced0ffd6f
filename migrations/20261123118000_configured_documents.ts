/**
 * Why: mappings and rules are tried in a sandbox org and then moved to production. What is applied is kept, version by
 * version with who applied it, so that it can be looked up and taken back.
 * Objects: configured_documents.
 * Posted (INSERT and SELECT only): configured_documents.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE configured_documents (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind text NOT NULL CHECK (kind IN ('mapping', 'record-rules')),
      connection_id text REFERENCES connections (id) ON DELETE CASCADE,
      -- The newest of its kind and connection is in force. NULL: back to the file, or to what ships.
      content text,
      applied_by text NOT NULL,
      applied_at timestamptz NOT NULL,
      CHECK ((kind = 'mapping') = (connection_id IS NOT NULL))
    );
    CREATE INDEX configured_documents_newest ON configured_documents (kind, connection_id, id DESC);
    GRANT SELECT, INSERT ON configured_documents TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE configured_documents');
}
