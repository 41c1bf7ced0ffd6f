import type { ConfigProblem } from './config-error.ts';
import { variables, type VariableName } from './variables.ts';

type Given = Readonly<Record<string, unknown>>;

/**
 * What must be set together. Looks only at what is set, not at whether it is well written, so that both kinds of
 * mistake are reported in one go.
 */
export function combinationProblems(given: Given): ConfigProblem[] {
  return [
    ...withDatabase(given),
    ...salesforce(given),
    ...hubspot(given),
    ...payout(given),
    ...alerts(given),
    ...leases(given),
  ];
}

/**
 * Nothing is sent that could outlast its lease, and two calls may share one: with a lease too short for them nothing would
 * ever be sent at all.
 */
function leases(given: Given): ConfigProblem[] {
  const lease = Number(given['TRIBUTARY_LEASE_MS'] || variables.TRIBUTARY_LEASE_MS.example);
  const call = Number(given['TRIBUTARY_CALL_TIMEOUT_MS'] || variables.TRIBUTARY_CALL_TIMEOUT_MS.example);
  if (!(lease < 2 * call)) return [];
  const problem = `must be at least twice TRIBUTARY_CALL_TIMEOUT_MS (${call}), or nothing could be sent under it`;
  return [{ variable: 'TRIBUTARY_LEASE_MS', problem }];
}

/** Several processes on several machines must have the same keys, so none can make them for itself. */
function withDatabase(given: Given): ConfigProblem[] {
  if (!isSet(given, 'DATABASE_URL')) return [];
  return [
    ...missing(
      given,
      'TRIBUTARY_API_KEYS',
      'needed with DATABASE_URL: write name:key; openssl rand -base64 24 makes a key',
    ),
    ...missing(
      given,
      'TRIBUTARY_ENCRYPTION_KEYS',
      'needed with DATABASE_URL: write id:key; openssl rand -base64 32 makes a key',
    ),
  ];
}

function salesforce(given: Given): ConfigProblem[] {
  const wanted = isAnySet(given, [
    'SALESFORCE_CLIENT_ID',
    'SALESFORCE_CLIENT_SECRET',
    'SALESFORCE_USERNAME',
    'SALESFORCE_PRIVATE_KEY_FILE',
    'SALESFORCE_REFRESH_TOKEN',
    'SALESFORCE_ORG_ID',
  ]);
  if (!wanted) return [];
  const app = missing(
    given,
    'SALESFORCE_CLIENT_ID',
    'needed for Salesforce: the consumer key of the External Client App',
  );
  const byKey = isAnySet(given, ['SALESFORCE_USERNAME', 'SALESFORCE_PRIVATE_KEY_FILE']);
  // Neither key nor token: a person logs in with a browser, and the connection is pinned to the org they open.
  if (!byKey && !isSet(given, 'SALESFORCE_REFRESH_TOKEN')) return app;
  const common = [
    ...app,
    ...missing(
      given,
      'SALESFORCE_ORG_ID',
      'needed for Salesforce: the id of the org (Setup, Company Information)',
    ),
  ];
  if (byKey && isSet(given, 'SALESFORCE_REFRESH_TOKEN')) {
    return [
      ...common,
      {
        variable: 'SALESFORCE_REFRESH_TOKEN',
        problem:
          'leave it out, or leave out SALESFORCE_USERNAME and SALESFORCE_PRIVATE_KEY_FILE: one way to log in',
      },
    ];
  }
  if (byKey) {
    return [
      ...common,
      ...missing(
        given,
        'SALESFORCE_USERNAME',
        'needed with SALESFORCE_PRIVATE_KEY_FILE: the integration user',
      ),
      ...missing(
        given,
        'SALESFORCE_PRIVATE_KEY_FILE',
        'needed with SALESFORCE_USERNAME: the PEM file of the key',
      ),
    ];
  }
  return common;
}

function hubspot(given: Given): ConfigProblem[] {
  const wanted = isAnySet(given, [
    'HUBSPOT_CLIENT_ID',
    'HUBSPOT_CLIENT_SECRET',
    'HUBSPOT_REFRESH_TOKEN',
    'HUBSPOT_PRIVATE_APP_TOKEN',
    'HUBSPOT_PORTAL_ID',
  ]);
  if (!wanted) return [];
  const pin = missing(given, 'HUBSPOT_PORTAL_ID', 'needed for HubSpot: the Hub ID of the account');
  const byOauth = isAnySet(given, ['HUBSPOT_CLIENT_ID', 'HUBSPOT_REFRESH_TOKEN']);
  if (byOauth && isSet(given, 'HUBSPOT_PRIVATE_APP_TOKEN')) {
    const problem =
      'leave it out, or leave out HUBSPOT_CLIENT_ID and HUBSPOT_REFRESH_TOKEN: one way to log in';
    return [...pin, { variable: 'HUBSPOT_PRIVATE_APP_TOKEN', problem }];
  }
  if (byOauth) {
    return [
      ...pin,
      ...missing(given, 'HUBSPOT_CLIENT_ID', 'needed with HUBSPOT_REFRESH_TOKEN'),
      // Without a refresh token a person logs in with a browser.
      ...missing(given, 'HUBSPOT_CLIENT_SECRET', 'needed with HUBSPOT_CLIENT_ID'),
    ];
  }
  return [
    ...pin,
    ...missing(
      given,
      'HUBSPOT_PRIVATE_APP_TOKEN',
      'needed for HubSpot, or instead HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET of an OAuth app',
    ),
  ];
}

/** An unsigned payout trigger would be one that anybody can send. */
function payout(given: Given): ConfigProblem[] {
  if (!isAnySet(given, ['TRIBUTARY_PAYOUT_URL', 'TRIBUTARY_PAYOUT_SECRET'])) return [];
  return [
    ...missing(given, 'TRIBUTARY_PAYOUT_URL', 'needed with TRIBUTARY_PAYOUT_SECRET'),
    ...missing(given, 'TRIBUTARY_PAYOUT_SECRET', 'needed with TRIBUTARY_PAYOUT_URL: triggers are signed'),
  ];
}

function alerts(given: Given): ConfigProblem[] {
  if (!isAnySet(given, ['TRIBUTARY_ALERT_URL', 'TRIBUTARY_ALERT_SECRET'])) return [];
  return [
    ...missing(given, 'TRIBUTARY_ALERT_URL', 'needed with TRIBUTARY_ALERT_SECRET'),
    ...missing(given, 'TRIBUTARY_ALERT_SECRET', 'needed with TRIBUTARY_ALERT_URL: messages are signed'),
  ];
}

function missing(given: Given, variable: VariableName, problem: string): ConfigProblem[] {
  return isSet(given, variable) ? [] : [{ variable, problem: `missing: ${problem}` }];
}

function isSet(given: Given, variable: VariableName): boolean {
  return given[variable] !== undefined;
}

function isAnySet(given: Given, names: readonly VariableName[]): boolean {
  return names.some((name) => isSet(given, name));
}
