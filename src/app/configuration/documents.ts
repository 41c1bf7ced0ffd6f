import type { Sql } from '../../platform/database/database.ts';

export type DocumentKind = 'mapping' | 'record-rules';

export interface ConfiguredDocument {
  id: string;
  kind: DocumentKind;
  connectionId: string | null;
  /** YAML as it was applied; null: back to the file, or to what ships. */
  content: string | null;
  appliedBy: string;
  appliedAt: Date;
}

const columns = `id::text, kind, connection_id AS "connectionId", content, applied_by AS "appliedBy", applied_at AS "appliedAt"`;

/** The one in force; null when none was ever applied. `connectionId` null: not a connection's. */
export async function currentDocument(
  sql: Sql,
  kind: DocumentKind,
  connectionId: string | null,
): Promise<ConfiguredDocument | null> {
  const rows = await sql.query<ConfiguredDocument>(
    `SELECT ${columns} FROM configured_documents
      WHERE kind = $1 AND connection_id IS NOT DISTINCT FROM $2 ORDER BY id DESC LIMIT 1`,
    [kind, connectionId],
  );
  return rows[0] ?? null;
}

/** Every version of everything that was applied, newest first. */
export async function listDocuments(sql: Sql, limit: number): Promise<ConfiguredDocument[]> {
  return sql.query<ConfiguredDocument>(
    `SELECT ${columns} FROM configured_documents ORDER BY configured_documents.id DESC LIMIT $1`,
    [limit],
  );
}

export async function storeDocument(tx: Sql, document: Omit<ConfiguredDocument, 'id'>): Promise<void> {
  const { kind, connectionId, content, appliedBy, appliedAt } = document;
  await tx.query(
    `INSERT INTO configured_documents (kind, connection_id, content, applied_by, applied_at)
     VALUES ($1, $2, $3, $4, $5)`,
    [kind, connectionId, content, appliedBy, appliedAt],
  );
}

/** What was in force before the current one; undefined when there is nothing to go back from. */
export async function contentBefore(
  sql: Sql,
  kind: DocumentKind,
  connectionId: string | null,
): Promise<string | null | undefined> {
  const rows = await sql.query<{ content: string | null }>(
    `SELECT content FROM configured_documents
      WHERE kind = $1 AND connection_id IS NOT DISTINCT FROM $2 ORDER BY id DESC LIMIT 2`,
    [kind, connectionId],
  );
  return rows.length === 0 ? undefined : (rows[1]?.content ?? null);
}
