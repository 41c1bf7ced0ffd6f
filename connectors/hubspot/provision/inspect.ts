/** What the portal lacks for the connection's own app, against what the mapping needs: a question for each object, one for labels, one for currencies. */
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { Inspection, InspectOptions, Needs } from '../../../src/crm/provisioning.ts';
import type { Caller } from '../call.ts';
import type { HubspotSettings } from '../config.ts';
import { isUniqueByNature } from '../describe.ts';
import type { DeveloperCaller } from '../developer-call.ts';
import { inspectScopes } from '../scopes.ts';
import { AccountAnswer, PropertiesAnswer, type Property } from '../schema.ts';
import { accountPath, propertiesPath } from '../versions.ts';
import { readAppWebhooks } from './app-webhooks.ts';
import { neededProperties, type NamedProperty } from './needed-properties.ts';
import { findPartnerLabel, PARTNER_LABEL, partnerLabelItem } from './partner-label.ts';
import { subscriptionItem } from './plan-webhooks.ts';
import { differenceOf, notUnique, type Difference } from './property-content.ts';
import type { PropertyDefinition } from './property-definitions.ts';
import { wantedSubscriptions } from './wanted-subscriptions.ts';

const PROVISION = 'Run tributary provision hubspot: it shows what is missing, and makes it.';
const SITE = { stage: 'describe', write: false } as const;

export interface Inspecting {
  call: Caller;
  developer: DeveloperCaller | undefined;
  settings: HubspotSettings;
  /** Absent: the app is called by webhooks. */
  silent: string | undefined;
}

export async function inspect(
  inspecting: Inspecting,
  needs: Needs,
  options: InspectOptions,
): Promise<Inspection[]> {
  return [
    ...(await inspectScopes(inspecting.call, needs, options)),
    ...(await inspectProperties(inspecting.call, needs, options)),
    ...(await inspectLabel(inspecting.call, options)),
    ...(await inspectWebhooks(inspecting, needs, options)),
    ...(await inspectCurrencies(inspecting.call, options)),
  ];
}

async function inspectProperties(call: Caller, needs: Needs, options: CallOptions): Promise<Inspection[]> {
  const { defined, others } = neededProperties(needs);
  const findings: Inspection[] = [];
  for (const object of new Set([...defined, ...others].map((one) => one.object))) {
    const asked = { method: 'GET', path: propertiesPath(object) } as const;
    const { data } = await call(SITE, asked, PropertiesAnswer, options);
    const found = new Map(data.results.map((property) => [property.name, property]));
    const optional = optionalOf(needs, object);
    findings.push(
      ...defined
        .filter((one) => one.object === object && !(optional.has(one.name) && !found.has(one.name)))
        .flatMap((one) => problemOf(one, problemOfDefined(one, found.get(one.name)))),
      ...others
        .filter((one) => one.object === object)
        .flatMap((one) => problemOf(one, problemOfOther(one, found.get(one.name)))),
    );
  }
  return findings;
}

/** What the mapping does without is missed by nobody. */
function optionalOf(needs: Needs, object: string): ReadonlySet<string> {
  const rows = needs.objects
    .filter((need) => need.object === object)
    .flatMap(({ writes, reads }) => [...writes, ...reads]);
  const needed = new Set(rows.filter(({ optional }) => !optional).map(({ field }) => field));
  return new Set(rows.map(({ field }) => field).filter((field) => !needed.has(field)));
}

function problemOfDefined(definition: PropertyDefinition, found: Property | undefined): Difference | null {
  if (!found) return { found: 'does not exist', nextStep: PROVISION };
  return differenceOf(definition, found);
}

function problemOfOther(
  { object, name, isKey, optional }: NamedProperty,
  found: Property | undefined,
): Difference | null {
  if (!found) {
    const nextStep = `Create ${name} under Settings › Properties, or take it out of the mapping.`;
    return optional ? null : { found: 'does not exist', nextStep };
  }
  return isKey && found.hasUniqueValue !== true && !isUniqueByNature(object, name) ? notUnique(name) : null;
}

function problemOf(
  { object, name }: { object: string; name: string },
  problem: Difference | null,
): Inspection[] {
  if (problem === null) return [];
  return [
    {
      ...trouble(`property ${object}.${name}`, problem.found, problem.nextStep),
      field: { object, field: name },
    },
  ];
}

async function inspectLabel(call: Caller, options: CallOptions): Promise<Inspection[]> {
  if ((await findPartnerLabel({ call, options: () => options })) !== null) return [];
  const found = `does not exist: a rep sees the partner's company beside the deal without “${PARTNER_LABEL.label}”`;
  return [trouble(partnerLabelItem, found, PROVISION)];
}

async function inspectWebhooks(
  { developer, settings: { appId }, silent }: Inspecting,
  needs: Needs,
  { webhooks, ...options }: InspectOptions,
): Promise<Inspection[]> {
  if (silent !== undefined || !developer || appId === undefined || !webhooks?.targetUrl) return [];
  const { targetUrl, subscriptions } = await readAppWebhooks(developer, appId, () => options);
  const missing = wantedSubscriptions(needs).filter(
    (wanted) =>
      !subscriptions.some((one) => one.active && subscriptionItem(one) === subscriptionItem(wanted)),
  );
  return [
    ...(targetUrl === webhooks.targetUrl
      ? []
      : [
          trouble(
            'webhook target',
            `is ${targetUrl ?? 'not set'}, and ${webhooks.targetUrl} is needed; changes are polled meanwhile`,
            PROVISION,
          ),
        ]),
    ...missing.map((wanted) =>
      trouble(subscriptionItem(wanted), 'is missing or paused; changes are polled meanwhile', PROVISION),
    ),
  ];
}

/** A deal in another currency parks instead of arriving with a wrong amount. */
async function inspectCurrencies(
  call: Caller,
  { currencies = [], ...options }: InspectOptions,
): Promise<Inspection[]> {
  if (currencies.length === 0) return [];
  const { data } = await call(SITE, { method: 'GET', path: accountPath }, AccountAnswer, options);
  const enabled = new Set([data.companyCurrency, ...data.additionalCurrencies]);
  return currencies
    .filter((currency) => !enabled.has(currency))
    .map((currency) =>
      trouble(
        `currency ${currency}`,
        'is not enabled in the portal: deals in it park',
        `Enable it under Settings › Account defaults › Currency, then redrive the deals.`,
      ),
    );
}

function trouble(check: string, found: string, nextStep: string): Inspection {
  return { check, ok: false, found, nextStep };
}
