import type { HubspotSettings } from './config.ts';

const TYPE_IDS: Readonly<Record<string, string>> = { contacts: '0-1', companies: '0-2', deals: '0-3' };

/** The record's page in HubSpot. The region of the API's host is that of the pages' (`api-eu1` → `app-eu1`). */
export function recordUrl(settings: HubspotSettings, object: string, crmId: string): string {
  const host = new URL(settings.baseUrl);
  const origin = settings.sandbox
    ? host.origin
    : `https://${host.hostname.replace(/^api/, 'app').replace('hubapi', 'hubspot')}`;
  const type = TYPE_IDS[object] ?? object;
  return `${origin}/contacts/${settings.portalId ?? '0'}/record/${encodeURIComponent(type)}/${encodeURIComponent(crmId)}`;
}
