import type { Command } from 'commander';
import { z } from 'zod';
import type { Database } from '../platform/database/database.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

const Options = z.object({
  connection: z.string().optional(),
  deal: z.uuid('--deal takes a deal id').optional(),
  limit: z.coerce.number('--limit takes a whole number').int().min(1).max(10_000),
  json: z.boolean().default(false),
});

interface WriteRow {
  occurredAt: Date;
  connection: string;
  dealId: string | null;
  deal: string | null;
  crmId: string | null;
  operation: string;
  outcome: string;
  fields: Record<string, unknown>;
  reason: string | null;
  /** What the deal's record is by now; null when it is another record. */
  recordKind: 'deal' | 'lead' | null;
}

/** What was written to each CRM, or in shadow would have been: what a person looks at before going live. */
export function addWritesCommand(program: Command): void {
  program
    .command('writes')
    .description('what was written to the CRMs, or in shadow would have been, newest first')
    .option('--connection <id>', 'only this connection')
    .option('--deal <id>', 'only this deal')
    .option('--limit <n>', 'at most so many', '20')
    .option('--json', 'print one JSON document')
    .action(async (raw: unknown) => {
      const options = Options.parse(raw);
      const output = processOutput(options.json);
      const { recordAddresses } = await import('../app/record-address.ts');
      const rows = await withApplication(async (app) => {
        const addressOf = await recordAddresses(app);
        return (await readWrites(app.db, options)).map(({ recordKind, ...row }) => ({
          ...row,
          url: recordKind && row.crmId ? addressOf(row.connection, recordKind, row.crmId) : null,
        }));
      });
      if (options.json) return printJson(output, rows);
      if (rows.length === 0)
        output.out(
          'Nothing was written yet. Approved deals are, within seconds: tributary reconcile says what waits.',
        );
      for (const row of rows) {
        output.out(
          `${row.occurredAt.toISOString()} ${row.connection} ${row.outcome} (${row.operation}) ${row.deal ?? '-'} ${row.crmId ?? ''}`,
        );
        if (row.url !== null) output.out(`    ${row.url}`);
        for (const [field, value] of Object.entries(row.fields)) output.out(`    ${field}: ${String(value)}`);
        if (row.reason !== null) output.out(`    ${row.reason}`);
      }
    });
}

async function readWrites(db: Database, options: z.infer<typeof Options>): Promise<WriteRow[]> {
  return db.query<WriteRow>(
    `SELECT w.occurred_at AS "occurredAt", w.connection_id AS connection, w.deal_id AS "dealId", d.name AS deal,
            w.crm_id AS "crmId", w.operation, w.outcome, w.fields, w.error->>'plain' AS reason,
            m.record_kind AS "recordKind"
       FROM crm_writes w LEFT JOIN deals d ON d.id = w.deal_id
       LEFT JOIN mirrors m ON m.deal_id = w.deal_id AND m.connection_id = w.connection_id AND m.crm_id = w.crm_id
        AND w.kind = 'deal' AND w.outcome = 'written'
      WHERE ($1::text IS NULL OR w.connection_id = $1) AND ($2::uuid IS NULL OR w.deal_id = $2)
      ORDER BY w.id DESC LIMIT $3`,
    [options.connection ?? null, options.deal ?? null, options.limit],
  );
}
