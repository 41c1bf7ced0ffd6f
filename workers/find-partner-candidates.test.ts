import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SyncError, type SyncErrorKind } from '../src/crm/sync-error.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { readGate } from '../src/mirror/gate.ts';
import { unlinkedPartners } from '../src/mirror/partner-links.ts';
import { manualClock } from '../src/platform/clock.ts';
import { silentLogger } from '../src/platform/logging.ts';
import { observedConnection } from '../test/fixtures/observed-connection.ts';
import { addConnection, addPartnerRow, linkPartner, minutesLater, now } from '../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../test/services/database.ts';
import type { WorkerContext } from './context.ts';
import { findPartnerCandidates } from './find-partner-candidates.ts';

let test: TestDatabase;
let connectionId: string;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  connectionId = await addConnection(test.db);
  await linkPartner(test.db, await addPartnerRow(test.db), connectionId, null);
});

/** One search, which the CRM answers with nothing or refuses. */
async function search(refusal?: SyncErrorKind): Promise<void> {
  const context = {
    db: test.db,
    clock: manualClock(now),
    logger: silentLogger,
    connections: { forget: async () => undefined },
    random: () => 0.5,
  } as unknown as WorkerContext;
  const error = { stage: 'resolve', vendor: 'acme', plain: 'not now' } as const;
  const connection = {
    id: connectionId,
    vendor: 'acme',
    capabilities: { matchBatch: 100 },
    mapping: observedConnection(connectionId).mapping,
    connector: {
      findMatches: async () => {
        if (refusal) throw new SyncError({ kind: refusal, ...error });
        return [];
      },
    },
  } as unknown as WiredConnection;
  await findPartnerCandidates(context, connection);
}

async function wantedAt(at: Date): Promise<number> {
  return (await unlinkedPartners(test.db, connectionId, 10, at)).length;
}

describe('looking for the accounts of unlinked partners', () => {
  it('asks again some time after it found nothing, because somebody may have made the account since', async () => {
    await search();
    expect([await wantedAt(now), await wantedAt(minutesLater(16))]).toEqual([0, 1]);
  });

  it.each(['invalid-record', 'bug', 'unavailable'] as const)(
    'does not ask at once again after %s: every sweep would, twice a second',
    async (refusal) => {
      await search(refusal);
      expect([await wantedAt(now), await wantedAt(minutesLater(16))]).toEqual([0, 1]);
    },
  );

  it.each(['rate-limited', 'quota-exhausted', 'auth-expired'] as const)(
    'leaves the CRM alone after %s',
    async (refusal) => {
      await search(refusal);
      expect((await readGate(test.db, connectionId, now))?.closedBecause).toBe('not now');
    },
  );
});
