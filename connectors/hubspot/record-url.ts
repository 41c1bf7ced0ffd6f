import type { HubspotSettings } from './config.ts';

const TYPE_IDS: Readonly<Record<string, string>> = { contacts: '0-1', companies: '0-2', deals: '0-3' };

/** The record's page in HubSpot. */
export function recordUrl(settings: HubspotSettings, object: string, crmId: string): string {
  const type = TYPE_IDS[object] ?? object;
  const portal = settings.portalId ?? '0';
  return `${pagesOrigin(settings)}/contacts/${portal}/record/${encodeURIComponent(type)}/${encodeURIComponent(crmId)}`;
}

/** Where HubSpot's pages are. The region of the API's host is that of the pages' (`api-eu1` → `app-eu1`). */
export function pagesOrigin({ baseUrl, sandbox }: HubspotSettings): string {
  const { origin, hostname } = new URL(baseUrl);
  return sandbox ? origin : `https://${hostname.replace(/^api/, 'app').replace('hubapi', 'hubspot')}`;
}
