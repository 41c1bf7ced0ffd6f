import type { SyncError } from '../src/crm/sync-error.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { keepQuestions } from '../src/mirror/duplicates/deal-questions.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import { possibleDuplicateDeal } from '../src/mirror/match-problems.ts';
import type { MatchCandidate } from '../src/mirror/score-candidates.ts';
import { asSyncError } from './decide-next.ts';
import { refusedResult } from './deal-outcomes.ts';
import { inBatches } from './may-go-on.ts';
import type { MirrorBatch, MirrorItem } from './mirror-batch.ts';

/** A deal that a duplicate rule of the CRM stopped, with what the rule found. */
export interface StoppedDeal {
  item: MirrorItem;
  error: SyncError;
}

/** A duplicate rule's objection is a question to a person, with the records it found; until then the deal waits. */
export async function askAboutDuplicates(batch: MirrorBatch, stopped: readonly StoppedDeal[]): Promise<void> {
  if (stopped.length === 0) return;
  const names = await namesOf(
    batch,
    stopped.flatMap(({ error }) => error.details.existingIds ?? []),
  );
  const questions = stopped.map(({ item, error }) => {
    const candidates = (error.details.existingIds ?? []).map((id) => toCandidate(id, names.get(id)));
    const asked = possibleDuplicateDeal(error.details, candidates, item.crmId !== null);
    item.result = refusedResult(item, { ...error.details, ...asked });
    return { dealId: item.mirror.dealId, candidates };
  });
  await keepQuestions(batch.context.db, batch.connection.id, questions, batch.context.clock.now());
}

function toCandidate(crmId: string, name: string | undefined): MatchCandidate {
  const reasons = ["found by the CRM's duplicate rule"];
  return { crmId, name: name ?? crmId, score: 0, reasons, because: reasons.join() };
}

/** Their names help the person; without them the ids still do. */
async function namesOf(batch: MirrorBatch, ids: readonly string[]): Promise<Map<string, string>> {
  const { connection, context, claim } = batch;
  const names = new Map<string, string>();
  const field = nameField(connection);
  const { readRecords } = connection.connector;
  if (!readRecords || field === undefined) return names;
  try {
    for (const some of inBatches([...new Set(ids)], connection.capabilities.readBatch)) {
      const deadline = callDeadline(claim.lease);
      const found = await readRecords(connection.mapping.deal.object, some, [field], { deadline });
      for (const { crmId, fields } of found)
        if (typeof fields[field] === 'string') names.set(crmId, fields[field]);
    }
  } catch (thrown) {
    const err = asSyncError(thrown, 'read', connection.vendor);
    context.logger.info(
      { err, connectionId: connection.id },
      'what a duplicate rule found could not be read',
    );
  }
  return names;
}

function nameField({ mapping }: WiredConnection): string | undefined {
  return mapping.deal.write.find((row) => 'from' in row && row.from === 'deal.name')?.to;
}
