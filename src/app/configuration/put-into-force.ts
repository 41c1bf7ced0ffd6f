import { desireAgain } from '../../mirror/desire-again.ts';
import type { Sql } from '../../platform/database/database.ts';
import { storeDocument } from './documents.ts';

/** `content` null: back to the file, or to what ships. */
export interface MappingInForce {
  connectionId: string;
  content: string | null;
  by: string;
  at: Date;
}

/** A mapping and the wish to have every record written by it are one commit: no record keeps the old one by mistake. */
export async function putIntoForce(
  tx: Sql,
  { connectionId, content, by, at }: MappingInForce,
): Promise<void> {
  await storeDocument(tx, { kind: 'mapping', connectionId, content, appliedBy: by, appliedAt: at });
  await desireAgain(tx, connectionId, at);
}
