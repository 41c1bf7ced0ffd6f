import type { Connector } from '../src/crm/connector.ts';
import type { CrmLimit, CrmLimits } from '../src/crm/usage.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { callTimeoutMs } from '../src/mirror/lease.ts';
import {
  claimLimitsRead,
  keepLimits,
  limitsEveryMs,
  postponeLimits,
} from '../src/mirror/usage/keep-limits.ts';
import { closeCards, openCard } from '../src/platform/cards/cards.ts';
import { quotaCard } from './bulk/fail-step.ts';
import type { WorkerContext } from './context.ts';
import { asSyncError, decideNext } from './decide-next.ts';
import { heedPause } from './heed-pause.ts';
import { noteUsage } from './note-usage.ts';

/** Of a CRM whose room for records or files is nearly used up. */
const storageCard = 'crm-storage';
/** Opened below the first share of what there is, closed from the second on: not to and fro with every record. */
const nearlyFull = 0.05;
const roomAgain = 0.08;

/** When this process may look again whether it is time to ask: without it every batch would ask the database. */
const lookAgainAt = new WeakMap<Connector, number>();

/**
 * Asks the CRM what it allows, before the first write and then rarely: the calls of the day, the batches of bulk jobs, the
 * room for records. One call; none once the reserve of the day's calls is touched.
 * @returns whether it asked; what may be sent now has to be looked at again then
 */
export async function noteLimits(context: WorkerContext, connection: WiredConnection): Promise<boolean> {
  const { connector, id } = connection;
  const now = context.clock.now();
  if (!connector.limits || now.getTime() < (lookAgainAt.get(connector) ?? 0)) return false;
  lookAgainAt.set(connector, now.getTime() + limitsEveryMs);
  // What opening the connection was told counts, too: the reserve is not for this.
  await noteUsage(context, connection);
  if (!(await claimLimitsRead(context.db, id, now))) return false;
  try {
    const figures = await connector.limits({ deadline: Date.now() + callTimeoutMs });
    await keepLimits(context.db, id, figures, now);
    await tellOfStorage(context, id, figures);
    if ((figures.bulkBatches?.remaining ?? 0) > 0)
      await closeCards(context.db, { connectionId: id, kind: quotaCard }, now);
    await noteUsage(context, connection);
  } catch (thrown) {
    await goWithout(context, connection, thrown);
  }
  return true;
}

/** Nothing depends on it: what the CRM refuses for good is asked for tomorrow. */
async function goWithout(
  context: WorkerContext,
  connection: WiredConnection,
  thrown: unknown,
): Promise<void> {
  const error = asSyncError(thrown, 'describe', connection.vendor);
  const now = context.clock.now();
  const decision = decideNext(error, 1, now, context.random);
  await heedPause(context, connection, error, decision);
  if (decision.next.do === 'park') await postponeLimits(context.db, connection.id, now);
  context.logger.info({ err: error, connectionId: connection.id }, 'the CRM does not tell its limits');
}

async function tellOfStorage(
  context: WorkerContext,
  connectionId: string,
  figures: CrmLimits,
): Promise<void> {
  await tellOf(context, connectionId, 'records', figures.dataMb, {
    fails: 'every new account, contact and deal is refused; what is there can still be changed',
    where: 'Delete or archive records in the CRM or buy storage (in Salesforce: Setup, Storage Usage)',
  });
  await tellOf(context, connectionId, 'files', figures.fileMb, {
    fails: 'the notes on deals are refused; the deals themselves go through',
    where: 'Delete files in the CRM or buy storage (in Salesforce: Setup, Storage Usage)',
  });
}

async function tellOf(
  { db, clock }: WorkerContext,
  connectionId: string,
  subject: 'records' | 'files',
  limit: CrmLimit | undefined,
  { fails, where }: { fails: string; where: string },
): Promise<void> {
  if (!limit || limit.remaining >= limit.max * roomAgain)
    return void (await closeCards(db, { connectionId, kind: storageCard, subject }, clock.now()));
  if (limit.remaining >= limit.max * nearlyFull) return;
  const card = {
    connectionId,
    kind: storageCard,
    subject,
    plain: `Of the ${limit.max} MB that the CRM has for ${subject}, ${Math.max(0, limit.remaining)} MB are left. When none is, ${fails}.`,
    nextStep: `${where}. Then redrive what was refused; this closes by itself.`,
    alerts: true,
  };
  await openCard(db, card, clock.now());
}
