/**
 * Calls as the maker of the app: its webhook settings belong to the app and not to a portal, so that no portal's token opens
 * them, only the developer's API key (HubSpot's webhooks spec: `developer_hapikey`, in the query).
 */
import type { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { WebhookWish } from '../../src/crm/provisioning.ts';
import { NoAnswer, type Answer, type Call, type HubspotClient } from './client.ts';
import { fromNoAnswer, fromRefusal, fromUnreadableAnswer, type CallSite } from './errors.ts';

export type DeveloperCaller = <T>(
  site: CallSite,
  call: Pick<Call, 'method' | 'path' | 'body'>,
  shape: z.ZodType<T>,
  options: CallOptions,
) => Promise<T>;

/** Undefined without the key: the app's settings cannot be seen from here. */
export function developerOf(
  client: HubspotClient,
  wish: WebhookWish | undefined,
): DeveloperCaller | undefined {
  const key = wish?.developerKey ?? null;
  return key === null ? undefined : createDeveloperCaller(client, key);
}

function createDeveloperCaller(client: HubspotClient, developerKey: string): DeveloperCaller {
  return async (site, { path, ...call }, shape, options) => {
    const keyed = { ...call, path: `${path}?hapikey=${encodeURIComponent(developerKey)}` };
    const answer = await send(client, keyed, site, options);
    if (answer.status < 200 || answer.status > 299) throw fromRefusal(answer, site);
    const parsed = shape.safeParse(answer.json);
    if (!parsed.success) throw fromUnreadableAnswer(answer, site, parsed.error.issues[0]?.message ?? '');
    return parsed.data;
  };
}

/** What the transport says of a failure names the address, and the address holds the key: it goes no further. */
async function send(
  client: HubspotClient,
  call: Call,
  site: CallSite,
  options: CallOptions,
): Promise<Answer> {
  try {
    return await client.send(call, options);
  } catch (failure) {
    throw failure instanceof NoAnswer ? fromNoAnswer(new NoAnswer(failure.reason), site) : failure;
  }
}
