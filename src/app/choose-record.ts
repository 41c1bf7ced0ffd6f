import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ChooseRecord } from '../deals/ports.ts';
import type { Deal } from '../deals/deal.ts';
import type { Sql } from '../platform/database/database.ts';

const RecordRule = z.strictObject({
  /** All conditions given must hold; a rule without conditions always holds. */
  country: z.array(z.string()).optional(),
  currency: z.array(z.string()).optional(),
  partner: z.array(z.string()).optional(),
  source: z.array(z.string()).optional(),
  connection: z.string().min(1),
});
export const RecordRules = z.strictObject({ rules: z.array(RecordRule) });
export type RecordRules = z.infer<typeof RecordRules>;

/** @throws Error naming the file and each faulty rule */
export async function loadRecordRules(file: string): Promise<RecordRules> {
  const result = RecordRules.safeParse(parse(await readFile(file, 'utf8')));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The rules in ${file} cannot be used:\n${faults.join('\n')}`);
}

/** The first rule that holds names the CRM of record; with no rule holding it is the first connection by record order. */
export function chooseRecordBy({ rules }: RecordRules): ChooseRecord {
  return async (tx, deals) => {
    const connections = await tx.query<{ id: string }>(
      'SELECT id FROM connections ORDER BY record_order, id',
    );
    const known = new Set(connections.map((connection) => connection.id));
    const fallback = connections[0]?.id ?? null;
    const attached = await attachedTo(tx, deals);
    return new Map(
      deals.map((deal) => {
        const rule = rules.find((candidate) => known.has(candidate.connection) && holds(candidate, deal));
        return [deal.id, attached.get(deal.id) ?? rule?.connection ?? fallback];
      }),
    );
  };
}

/** A registration that stands for a deal of one CRM is won there. */
async function attachedTo(tx: Sql, deals: readonly Deal[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ deal_id: string; connection_id: string }>(
    'SELECT deal_id, connection_id FROM attachments WHERE deal_id = ANY($1::uuid[])',
    [deals.map((deal) => deal.id)],
  );
  return new Map(rows.map((row) => [row.deal_id, row.connection_id]));
}

function holds(rule: RecordRules['rules'][number], deal: Deal): boolean {
  return (
    includes(rule.country, deal.company_country) &&
    includes(rule.currency, deal.currency) &&
    includes(rule.partner, deal.partner_key) &&
    includes(rule.source, deal.source)
  );
}

function includes(wanted: readonly string[] | undefined, value: string | null | undefined): boolean {
  return wanted === undefined || (value !== null && value !== undefined && wanted.includes(value));
}
