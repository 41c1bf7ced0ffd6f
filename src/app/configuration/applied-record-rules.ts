import { parse } from 'yaml';
import type { Sql } from '../../platform/database/database.ts';
import { RecordRules } from '../choose-record.ts';
import { currentDocument } from './documents.ts';

/** The rules that were applied last; null when none were, or when they were taken back. */
export async function appliedRecordRules(sql: Sql): Promise<RecordRules | null> {
  const applied = await currentDocument(sql, 'record-rules', null);
  return applied?.content ? RecordRules.parse(parse(applied.content)) : null;
}
