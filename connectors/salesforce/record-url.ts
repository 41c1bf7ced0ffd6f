import type { Settings } from './settings.ts';

/** Salesforce sends `/<id>` on a general login host to the org of whoever is logged in; My Domain has the page itself. */
export function recordUrl(settings: Settings, object: string, crmId: string): string {
  const general = /^https:\/\/(login|test)\.salesforce\.com$/.test(settings.loginUrl);
  const path = general
    ? encodeURIComponent(crmId)
    : `lightning/r/${encodeURIComponent(object)}/${encodeURIComponent(crmId)}/view`;
  return `${settings.loginUrl}/${path}`;
}
