import type { ParsedWebhook, WebhookHint } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { firstHeard } from '../src/observations/first-heard.ts';
import {
  connectionsWithUnparsed,
  markParsed,
  takeUnparsed,
  type InboxMessage,
} from '../src/observations/inbox.ts';
import { readGate } from '../src/mirror/gate.ts';
import { raiseHints } from '../src/observations/raise-hints.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { ObservingContext } from './context.ts';
import { openConnection } from './drain-connection.ts';
import { observeQueue } from './observe-records.ts';

interface Parsed {
  hints: WebhookHint[];
  bad: ParsedWebhook['bad'];
}

export const parseQueue = 'parse-notifications';
const messagesPerBatch = 100;

/** Parses committed webhook bodies into hints. A bad element is kept with its reason; its neighbours go on. */
export async function parseNotifications(context: ObservingContext): Promise<void> {
  for (const connectionId of await connectionsWithUnparsed(context.db)) {
    const gate = await readGate(context.db, connectionId, context.clock.now());
    if (!gate || gate.paused) continue;
    // Opened before the transaction begins: opening calls the CRM, and no transaction may span such a call.
    const connection = await openConnection(context, connectionId);
    if (connection) await parseConnection(context, connection);
  }
}

async function parseConnection(context: ObservingContext, connection: WiredConnection): Promise<void> {
  const taken = await context.db.transaction(async (tx) => {
    const messages = await takeUnparsed(tx, connection.id, messagesPerBatch);
    if (messages.length === 0) return 0;
    await crashPoint('parse:after-claim');
    const parsed = messages.map((message) => ({
      id: message.id,
      ...parseMessage(context, connection, message),
    }));
    const now = context.clock.now();
    const heard = parsed.flatMap((message) => message.hints);
    const hints = await firstHeard(tx, connection.id, heard, now);
    const echo = { ownFields: connection.ownFields };
    await raiseHints(tx, connection.id, 'webhook', hints, echo, now);
    await markParsed(tx, parsed, now);
    await crashPoint('parse:before-commit');
    return messages.length;
  });
  if (taken > 0) await context.queues.wake(observeQueue, { connectionId: connection.id });
  if (taken === messagesPerBatch) await context.queues.wake(parseQueue, {});
}

function parseMessage(context: ObservingContext, connection: WiredConnection, message: InboxMessage): Parsed {
  const receiver = context.webhookReceiverOf(connection.vendor);
  if (!receiver)
    return {
      hints: [],
      bad: [{ element: null, reason: `${connection.vendor} sends no webhooks that we read` }],
    };
  const { hints, bad } = receiver.parse(message.body, connection.identity.originId);
  const { accountId } = connection.identity;
  const foreign = hints.filter((hint) => hint.accountId !== accountId);
  return {
    hints: hints.filter((hint) => hint.accountId === accountId),
    bad: [
      ...bad,
      ...foreign.map((hint) => ({ element: hint, reason: `it is for account ${hint.accountId}, not ours` })),
    ],
  };
}
