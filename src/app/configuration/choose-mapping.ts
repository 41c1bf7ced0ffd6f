import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseMapping, type LoadedMapping } from '../../mapping/load.ts';
import type { Sql } from '../../platform/database/database.ts';
import { currentDocument } from './documents.ts';

const shippedMappings = fileURLToPath(new URL('../../../mappings', import.meta.url));

export interface MappingText {
  text: string;
  /** Where it comes from, for messages. */
  from: string;
}

interface MappedConnection {
  id: string;
  vendor: string;
}

/** The mapping in force: the one applied last, else the file of the customer's folder, else the one that ships. */
export async function mappingTextOf(
  sql: Sql,
  connection: MappedConnection,
  mappingDir: string | undefined,
): Promise<MappingText> {
  const applied = await currentDocument(sql, 'mapping', connection.id);
  if (applied?.content) return { text: applied.content, from: `applied by ${applied.appliedBy}` };
  const file = mappingDir
    ? path.join(mappingDir, `${connection.vendor}.yaml`)
    : path.join(shippedMappings, connection.vendor, 'mapping.yaml');
  return { text: await readFile(file, 'utf8'), from: file };
}

/** @throws Error naming where the mapping comes from and every faulty row */
export async function mappingOf(
  sql: Sql,
  connection: MappedConnection,
  mappingDir: string | undefined,
): Promise<LoadedMapping> {
  const { text, from } = await mappingTextOf(sql, connection, mappingDir);
  return parseMapping(text, from, connection.vendor);
}

/** Changes with every mapping that is applied to the connection. */
export async function mappingRevision(sql: Sql, connectionId: string): Promise<string> {
  const rows = await sql.query<{ revision: string }>(
    `SELECT coalesce(max(id), 0)::text AS revision FROM configured_documents
      WHERE kind = 'mapping' AND connection_id = $1`,
    [connectionId],
  );
  return rows[0]?.revision ?? '0';
}
