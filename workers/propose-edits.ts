import { storeLateEdits } from '../src/ownership/store-proposals.ts';
import type { MirrorBatch } from './mirror-batch.ts';

/** What partners changed in fields that are the rep's by now is put before a person; it is not part of any write. */
export async function proposeEdits({ context, connection, items }: MirrorBatch): Promise<void> {
  const deals = items.flatMap(({ memory, edits, view }) =>
    memory === null || edits === null
      ? []
      : [{ memory, edits, contactId: view.contactId, company: String(view.view['account.name'] ?? '') }],
  );
  await storeLateEdits(context.db, connection.id, deals, context.clock.now());
}
