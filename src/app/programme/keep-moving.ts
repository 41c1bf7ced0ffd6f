import { sleepUnlessAborted } from '../../platform/sleep.ts';
import type { LocalCrms } from '../local-crms.ts';
import type { Application } from '../open-application.ts';
import { adminOf, readCrmDeals } from './count-outside.ts';
import { inventDeal } from './invent-deals.ts';
import type { TributaryClient } from './tributary-client.ts';

/** One new deal every so often, up to this many; afterwards only people move things. */
const everyMs = 2_500;
const mostDeals = 60;

/**
 * Plays partners, the channel manager and the rep of the local programme at a walking pace, so that a newcomer sees
 * deals move. Goes on where the last start ended: a registration sent again is the same deal.
 */
export function keepProgrammeMoving(
  app: Application,
  crms: LocalCrms,
  client: TributaryClient,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const moving = move(app, crms, client, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await moving;
    },
  };
}

async function move(
  app: Application,
  crms: LocalCrms,
  client: TributaryClient,
  signal: AbortSignal,
): Promise<void> {
  for (let index = await registeredSoFar(app); index < mostDeals && !signal.aborted; index++) {
    try {
      const id = await client.register(inventDeal(index));
      // Every sixth waits for a person to approve it.
      if (index % 6 !== 5) await client.approve([id]);
      if (index % 3 === 2) await closeOne(crms, index % 2 === 0 ? 'salesforce' : 'hubspot', index);
    } catch (error) {
      if (!signal.aborted) app.logger.warn({ err: error }, 'the local programme stumbled and goes on');
    }
    await sleepUnlessAborted(everyMs, signal);
  }
}

async function registeredSoFar(app: Application): Promise<number> {
  const rows = await app.db.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM deals WHERE source_ref LIKE 'demo-%'",
  );
  return rows[0]?.count ?? 0;
}

/** The rep closes the oldest open deal: two of three are won. */
async function closeOne(crms: LocalCrms, connection: 'salesforce' | 'hubspot', index: number): Promise<void> {
  const deals = await readCrmDeals(crms, connection);
  const open = deals.find((deal) => !deal.won);
  if (open)
    await adminOf(crms, connection).play([{ action: index % 9 === 8 ? 'lose' : 'win', id: open.crmId }]);
}
