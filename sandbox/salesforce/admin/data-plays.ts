import { z } from 'zod';
import { AdminError } from '../../admin/adapter.ts';
import { convertLead } from '../dml/convert-lead.ts';
import { DmlError } from '../dml/dml-error.ts';
import { mergeRecords } from '../dml/merge.ts';
import { existingRecord } from '../dml/update.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Actor, Transaction } from '../store/transaction.ts';

const id = z.string().min(15).max(18);
const conversionSchema = z.strictObject({
  leadId: id,
  convertedStatus: z.string().optional(),
  opportunityId: z.string().optional(),
  accountId: id.optional(),
  contactId: id.optional(),
  opportunityName: z.string().optional(),
  doNotCreateOpportunity: z.boolean().optional(),
  ownerId: id.optional(),
});
const mergeSchema = z.strictObject({
  object: z.string(),
  masterId: id,
  losers: z.array(id).min(1),
  /** Values the winner takes. */
  fields: z.record(z.string(), z.unknown()).optional(),
});

/** What a rep does to several records at once: routes of the admin port. */
export function dataPlayRoutes(sandbox: Sandbox): Record<string, (body: unknown) => unknown> {
  return {
    'POST /convert-lead': (body) => {
      const how = parsed(conversionSchema, body);
      return asRep(sandbox, (transaction) => convertLead(sandbox.org, transaction, how));
    },
    'POST /merge': (body) => {
      const { object, masterId, losers, fields } = parsed(mergeSchema, body);
      return asRep(sandbox, (transaction) =>
        merge(sandbox, transaction, object, masterId, losers, fields ?? {}),
      );
    },
  };
}

/** Merges records named by their ids. Throws a DmlError, or an AdminError for an unknown object. */
export function merge(
  sandbox: Sandbox,
  transaction: Transaction,
  object: string,
  masterId: string,
  losers: readonly string[],
  fields: Record<string, unknown>,
): { id: string } {
  const { org } = sandbox;
  const type = org.preset.schema.object(object);
  if (type === undefined) throw new AdminError(404, `no object ${object}`);
  const rows = losers.map((loser) => existingRecord(org, type, loser));
  const winner = mergeRecords(org, transaction, type, existingRecord(org, type, masterId), rows, fields);
  return { id: winner['Id'] as string };
}

function asRep<T>(sandbox: Sandbox, work: (transaction: Transaction) => T): T {
  const actor: Actor = {
    origin: 'rep',
    userId: sandbox.users.rep,
    client: '',
    changeOrigin: '',
    requestId: '',
  };
  const transaction = sandbox.org.begin(actor);
  try {
    const result = work(transaction);
    sandbox.org.commit(transaction);
    sandbox.journal.flush();
    return result;
  } catch (error) {
    transaction.rollbackTo(0);
    if (error instanceof DmlError) throw new AdminError(400, `${error.code}: ${error.message}`);
    throw error;
  }
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw new AdminError(400, z.prettifyError(result.error));
  return result.data;
}
