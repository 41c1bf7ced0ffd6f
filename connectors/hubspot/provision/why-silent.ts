import type { HubspotCredentials, HubspotSettings } from '../config.ts';

/**
 * Why HubSpot does not call us, as the rest of a sentence; undefined where it does. A private app's webhooks can only be
 * clicked together, and are signed with version 1: chosen, or not used.
 */
export function whySilent({
  settings,
  credentials,
}: {
  settings: HubspotSettings;
  credentials: HubspotCredentials;
}): string | undefined {
  if (settings.notifications !== 'webhook')
    return `HUBSPOT_NOTIFICATIONS is ${settings.notifications}, and changes are asked for`;
  const isPrivate = 'accessToken' in credentials && !('kind' in credentials);
  if (!isPrivate || settings.webhookSignature === 'v1') return undefined;
  return 'what a private app or service key opens is followed by polling';
}
