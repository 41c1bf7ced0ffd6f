/** The webhook settings of an app. They are the app's, whatever portal it is installed in. */
import { z } from 'zod';
import type { CallOptions } from '../../../src/crm/connector.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { Call } from '../client.ts';
import type { DeveloperCaller } from '../developer-call.ts';
import { SubscriptionsAnswer, WebhookSettingsAnswer, type Subscription } from '../schema.ts';
import { webhookSettingsPath, webhookSubscriptionsPath } from '../versions.ts';
import type { Hands } from './hands.ts';
import type { WantedSubscription } from './wanted-subscriptions.ts';

/** Calls at a time that HubSpot may make; its own default (facts: Webhooks). */
const CONCURRENCY = 10;

export interface AppWebhooks {
  /** Null: none was ever set. */
  targetUrl: string | null;
  subscriptions: readonly Subscription[];
}

export async function readAppWebhooks(
  developer: DeveloperCaller,
  appId: string,
  options: () => CallOptions,
): Promise<AppWebhooks> {
  const site = { stage: 'provision', write: false } as const;
  const targetUrl = await readTarget(developer, appId, options());
  const call = { method: 'GET', path: webhookSubscriptionsPath(appId) } as const;
  const { results } = await developer(site, call, SubscriptionsAnswer, options());
  return { targetUrl, subscriptions: results };
}

async function readTarget(
  developer: DeveloperCaller,
  appId: string,
  options: CallOptions,
): Promise<string | null> {
  const call = { method: 'GET', path: webhookSettingsPath(appId) } as const;
  try {
    const site = { stage: 'provision', write: false } as const;
    return (await developer(site, call, WebhookSettingsAnswer, options)).targetUrl;
  } catch (error) {
    if (error instanceof SyncError && error.details.httpStatus === 404) return null;
    throw error;
  }
}

export function setTarget(hands: Hands, appId: string, targetUrl: string): Promise<void> {
  const body = { targetUrl, throttling: { maxConcurrentRequests: CONCURRENCY } };
  return send(hands, 'PUT', webhookSettingsPath(appId), body);
}

/** A subscription is made inactive unless it is said otherwise, and then sends nothing (facts: Webhooks). */
export function subscribe(hands: Hands, appId: string, wanted: WantedSubscription): Promise<void> {
  return send(hands, 'POST', webhookSubscriptionsPath(appId), { ...wanted, active: true });
}

export function activate(hands: Hands, appId: string, id: string): Promise<void> {
  return send(hands, 'PATCH', webhookSubscriptionsPath(appId, id), { active: true });
}

export function unsubscribe(hands: Hands, appId: string, id: string): Promise<void> {
  return send(hands, 'DELETE', webhookSubscriptionsPath(appId, id));
}

export function clearTarget(hands: Hands, appId: string): Promise<void> {
  return send(hands, 'DELETE', webhookSettingsPath(appId));
}

async function send(
  { developer, options }: Hands,
  method: Call['method'],
  path: string,
  body?: object,
): Promise<void> {
  if (!developer) throw new Error('webhooks were planned without the key of the developer');
  const site = { stage: 'provision', write: true } as const;
  await developer(site, { method, path, ...(body === undefined ? {} : { body }) }, z.unknown(), options());
}
