import type { Connector } from '../src/crm/connector.ts';
import type { ApiUsage } from '../src/crm/usage.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { clockTime, keepUsage, type KeptUsage } from '../src/mirror/usage/keep-usage.ts';
import { pushShare } from '../src/mirror/usage/forecast.ts';
import { closeCards, openCard } from '../src/platform/cards/cards.ts';
import type { WorkerContext } from './context.ts';

const kind = 'api-usage';
const subject = 'daily-limit';

/** What is stored of a busy connection: not every answer. */
const everyMs = 5_000;
const noted = new WeakMap<Connector, ApiUsage>();

/**
 * Stores what the CRM's last answers said of its daily limit, and tells people when writing pauses because of it. Costs no
 * call. While writing is paused the reading goes on, and what its answers say ends the pause.
 */
export async function noteUsage(
  context: Pick<WorkerContext, 'db' | 'clock'>,
  connection: WiredConnection,
): Promise<void> {
  const usage = connection.connector.usage?.() ?? null;
  if (usage === null || !isNews(noted.get(connection.connector), usage)) return;
  noted.set(connection.connector, usage);
  const kept = await keepUsage(context.db, connection.id, usage);
  const now = context.clock.now();
  if (kept.over) await openCard(context.db, { connectionId: connection.id, ...cardOf(kept) }, now);
  else if (kept.wasOver) await closeCards(context.db, { connectionId: connection.id, kind, subject }, now);
}

function isNews(before: ApiUsage | undefined, usage: ApiUsage): boolean {
  if (before === undefined) return true;
  if (isOver(before) !== isOver(usage)) return true;
  return usage.used !== before.used && usage.at - before.at >= everyMs;
}

function isOver({ used, allowed }: ApiUsage): boolean {
  return used >= Math.floor(allowed * pushShare());
}

function cardOf({ used, allowed, freeAt }: KeptUsage) {
  const until = freeAt === null ? '' : ` until about ${clockTime(freeAt)}`;
  return {
    kind,
    subject,
    plain: `${used} of the ${allowed} calls that the CRM allows in 24 hours are used, by everybody: writing is paused${until}, reading goes on.`,
    nextStep:
      'Nothing, if it can wait. Else look for who uses the calls (in Salesforce: Setup, System Overview), buy more, or raise TRIBUTARY_API_PAUSE_PERCENT.',
    alerts: true,
  };
}
