import type { Needs, WebhookWish } from '../../../src/crm/provisioning.ts';
import { activate, readAppWebhooks, setTarget, subscribe, type AppWebhooks } from './app-webhooks.ts';
import type { Hands, Step } from './hands.ts';
import { subscriptionName, wantedSubscriptions, type WantedSubscription } from './wanted-subscriptions.ts';

export const targetItem = 'webhook target';

export function subscriptionItem(wanted: WantedSubscription): string {
  return `webhook ${subscriptionName(wanted)}`;
}

/** Whose webhooks: an OAuth app's can be set up from here with its maker's key. */
export interface WebhookApp {
  /** Absent: not known, so that nothing can be done by itself. */
  appId: string | undefined;
  /** Absent: it calls us. Else why it does not, as the rest of a sentence. */
  silent?: string | undefined;
}

/** Subscriptions of the app, active; without the developer's key a list for a person to click. */
export async function planWebhooks(
  hands: Hands,
  { appId, silent }: WebhookApp,
  needs: Needs,
  { targetUrl }: WebhookWish,
): Promise<Step[]> {
  if (silent !== undefined) return [exists('webhooks', `not used: ${silent}`)];
  const wanted = wantedSubscriptions(needs);
  if (!hands.developer || appId === undefined || targetUrl === null)
    return [clicks(wanted, targetUrl, whatIsMissing(hands, appId, targetUrl))];
  const found = await readAppWebhooks(hands.developer, appId, hands.options);
  return [
    planTarget(found, appId, targetUrl),
    ...wanted.map((subscription) => planSubscription(found, appId, subscription)),
  ];
}

function whatIsMissing(hands: Hands, appId: string | undefined, targetUrl: string | null): string {
  const missing = [
    ...(hands.developer ? [] : ['HUBSPOT_DEVELOPER_API_KEY']),
    ...(appId === undefined ? ['HUBSPOT_APP_ID'] : []),
    ...(targetUrl === null ? ['TRIBUTARY_PUBLIC_URL'] : []),
  ];
  return missing.join(', ');
}

function clicks(wanted: readonly WantedSubscription[], targetUrl: string | null, missing: string): Step {
  const url = targetUrl ?? 'the public address of Tributary with /v1/webhooks/crm/hubspot';
  const list = wanted.map(subscriptionName).join(', ');
  return {
    item: {
      item: 'webhooks',
      state: 'by-hand',
      found: 'are the app’s, not the portal’s: they are not looked at here',
      nextStep: `In the developer account open the app › Webhooks, set the target URL to ${url}, subscribe to ${list}, and activate each. Or set ${missing}, and this command does it.`,
    },
  };
}

function planTarget(found: AppWebhooks, appId: string, targetUrl: string): Step {
  if (found.targetUrl === targetUrl) return exists(targetItem, targetUrl);
  if (found.targetUrl === null)
    return {
      item: { item: targetItem, state: 'create', found: targetUrl },
      act: (hands) => setTarget(hands, appId, targetUrl),
    };
  return {
    item: {
      item: targetItem,
      state: 'differs',
      found: `is ${found.targetUrl}, and ${targetUrl} is needed`,
      nextStep:
        'It is left as it is: something else may listen there. Change it in the app › Webhooks, or use an app of Tributary’s own.',
    },
  };
}

function planSubscription(found: AppWebhooks, appId: string, wanted: WantedSubscription): Step {
  const item = subscriptionItem(wanted);
  const same = found.subscriptions.find(
    (one) => one.eventType === wanted.eventType && one.propertyName === wanted.propertyName,
  );
  if (!same)
    return {
      item: { item, state: 'create', found: 'active' },
      act: (hands) => subscribe(hands, appId, wanted),
    };
  if (same.active) return exists(item, 'active');
  return {
    item: { item, state: 'extend', found: 'is there and paused: it will be activated' },
    act: (hands) => activate(hands, appId, same.id),
  };
}

function exists(item: string, found: string): Step {
  return { item: { item, state: 'exists', found } };
}
