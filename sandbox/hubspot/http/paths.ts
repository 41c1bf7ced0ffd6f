/**
 * Every version of a path this sandbox answers, in one place: HubSpot retires v1 to v4 in 2027 and the dated
 * twins stay (facts: Paths [T]).
 */
const DATED = ['2025-09', '2026-03'] as const;

export const OAUTH_VERSIONS = ['v1', 'v3', '2026-03'] as const;

/** `/crm/v3/objects…` and its dated twins. */
export function objectPaths(rest: string): string[] {
  return family('/crm/v3/objects', '/crm/objects', rest);
}

/** `/crm/v4/objects…` (associations of one object) and its dated twins. */
export function objectAssociationPaths(rest: string): string[] {
  return family('/crm/v4/objects', '/crm/objects', rest);
}

/** `/crm/v4/associations…` and its dated twins. */
export function associationPaths(rest: string): string[] {
  return family('/crm/v4/associations', '/crm/associations', rest);
}

export function propertyPaths(rest: string): string[] {
  return family('/crm/v3/properties', '/crm/properties', rest);
}

export function pipelinePaths(rest: string): string[] {
  return family('/crm/v3/pipelines', '/crm/pipelines', rest);
}

export function ownerPaths(rest: string): string[] {
  return family('/crm/v3/owners', '/crm/owners', rest);
}

/** `/webhooks/v3…`: an app's webhook settings. */
export function webhookPaths(rest: string): string[] {
  return family('/webhooks/v3', '/webhooks', rest);
}

export function currencyPaths(rest: string): string[] {
  return family('/settings/v3/currencies', '/settings/currencies', rest);
}

export function accountPaths(rest: string): string[] {
  return family('/account-info/v3', '/account-info', rest);
}

function family(legacy: string, base: string, rest: string): string[] {
  return [legacy + rest, ...DATED.map((date) => `${base}/${date}${rest}`)];
}
