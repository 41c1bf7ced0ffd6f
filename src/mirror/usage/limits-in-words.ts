import type { CrmLimit } from '../../crm/usage.ts';
import type { Sql } from '../../platform/database/database.ts';
import { readLimits, type KeptLimits } from './keep-limits.ts';
import { readUsage, usageInWords } from './keep-usage.ts';

/** One line for people, of all that is known of a connection's calls and other limits; null: its CRM tells nothing. */
export async function describeLimits(sql: Sql, connectionId: string): Promise<string | null> {
  const usage = await readUsage(sql, connectionId);
  const limits = await readLimits(sql, connectionId);
  const said = [...(usage ? [usageInWords(usage)] : []), ...(limits ? limitsInWords(limits) : [])];
  return said.length === 0 ? null : said.join('; ');
}

/** `bulk batches: 14988 of 15000 left today`, and so on; only what the CRM tells. The calls have words of their own. */
export function limitsInWords({ figures }: KeptLimits): string[] {
  const { bulkBatches, events, dataMb, fileMb } = figures;
  return [
    ...said('bulk batches', bulkBatches, 'left today'),
    ...said('change events', events, 'left today'),
    ...said('room for records', dataMb, 'MB left'),
    ...said('room for files', fileMb, 'MB left'),
  ];
}

function said(what: string, limit: CrmLimit | undefined, left: string): string[] {
  return limit ? [`${what}: ${Math.max(0, limit.remaining)} of ${limit.max} ${left}`] : [];
}
