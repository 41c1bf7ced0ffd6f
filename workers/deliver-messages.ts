import pLimit from 'p-limit';
import {
  claimMessages,
  endpointsWithDueMessages,
  mayStillSend,
  releaseMessage,
} from '../src/payouts/claim-messages.ts';
import type { ClaimedMessage } from '../src/payouts/claim-messages.ts';
import { loadEndpoint, openSecrets } from '../src/payouts/endpoints.ts';
import { sendDeadlineMs } from '../src/payouts/lease.ts';
import { recordDelivered, recordFailed } from '../src/payouts/record-delivery.ts';
import { nextTry } from '../src/payouts/retry-schedule.ts';
import { sendMessage } from '../src/payouts/send-message.ts';
import type { SendResult } from '../src/payouts/send-message.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { MoneyContext } from './money-context.ts';

export const deliverQueue = 'deliver-messages';

const BATCH = 64;
const IN_FLIGHT = 16;

interface Delivery {
  context: MoneyContext;
  token: string;
  url: string;
  secrets: readonly string[];
}

/**
 * Sends one batch of due messages to one endpoint, several at a time. A wake that names no endpoint is passed on to
 * every endpoint that has something due. Wakes itself while more is due.
 */
export async function deliverMessages(context: MoneyContext, data: Record<string, string>): Promise<void> {
  const endpointId = data['endpointId'];
  if (endpointId === undefined) return wakeEndpoints(context);
  const claim = await claimMessages(context.db, endpointId, BATCH, context.clock.now());
  if (claim.messages.length === 0) return;
  await crashPoint('deliver:after-claim');
  const { url } = await loadEndpoint(context.db, endpointId);
  const secrets = await openSecrets(context.db, context.keyring, endpointId, context.clock.now());
  const delivery = { context, token: claim.token, url, secrets };
  const slot = pLimit(IN_FLIGHT);
  await Promise.all(claim.messages.map((message) => slot(() => deliverOne(delivery, message))));
  if (claim.messages.length === BATCH) await context.queues.wake(deliverQueue, { endpointId });
}

async function wakeEndpoints(context: MoneyContext): Promise<void> {
  for (const endpointId of await endpointsWithDueMessages(context.db, context.clock.now())) {
    await context.queues.wake(deliverQueue, { endpointId });
  }
}

async function deliverOne(delivery: Delivery, message: ClaimedMessage): Promise<void> {
  const { context, token, url, secrets } = delivery;
  if (!(await mayStillSend(context.db, token, message.id, sendDeadlineMs))) {
    return releaseMessage(context.db, token, message.id);
  }
  await crashPoint('deliver:before-send');
  const result = await sendMessage(url, secrets, message, context.clock.now());
  if (result.delivered) await crashPoint('deliver:after-receiver-accepted');
  await recordResult(delivery, message, result);
  await crashPoint('deliver:after-record');
}

async function recordResult(delivery: Delivery, message: ClaimedMessage, result: SendResult): Promise<void> {
  const { context, token } = delivery;
  const claim = { token, messageId: message.id };
  const now = context.clock.now();
  if (result.delivered) return recordDelivered(context.db, claim, result.acknowledgement, now);
  const policy = { factor: context.retryFactor, random: context.random };
  const retryAt = nextTry(message.attempts + 1, now, policy, result.retryAfterMs);
  await recordFailed(context.db, claim, result.failure, retryAt, now);
  const facts = { messageId: message.id, reason: result.failure.plain, attempts: message.attempts + 1 };
  if (retryAt === null) context.logger.error(facts, 'a message was given up and parked');
  else context.logger.info(facts, 'a message was not taken and will be sent again');
}
