/**
 * What each feature needs to be allowed at HubSpot, one row each, with what fails without it. Whoever makes the connector
 * call something new adds a row here; the address people log in at, `doctor` and the docs follow.
 * Source: `security` in HubSpot's OpenAPI specs (objects, properties, owners, line items, multicurrency).
 */
import type { Needs } from '../../src/crm/provisioning.ts';

export interface ScopeNeed {
  /** One of these; the first is the one we ask for. */
  anyOf: readonly [string, ...string[]];
  feature: string;
  without: string;
  /**
   * always: whoever logs in must grant it. optional: asked for, and dropped by HubSpot where the portal has it not.
   * provisioning: only for whoever creates properties.
   */
  asked: 'always' | 'optional' | 'provisioning';
  /** Without it the row always holds. */
  when?: (needs: Needs) => boolean;
}

export const scopeNeeds: readonly ScopeNeed[] = [
  {
    anyOf: ['crm.objects.deals.read'],
    feature: 'reading deals',
    without: 'no deal is found again and no closed deal is noticed, so no commission is computed',
    asked: 'always',
  },
  {
    anyOf: ['crm.objects.deals.write'],
    feature: 'writing deals',
    without: 'no partner deal arrives in HubSpot',
    asked: 'always',
  },
  {
    anyOf: ['crm.objects.companies.read'],
    feature: 'finding customers and partners',
    without: "no deal's company is found, so no deal arrives in HubSpot",
    asked: 'always',
  },
  {
    anyOf: ['crm.objects.companies.write'],
    feature: 'creating customers',
    without: 'a deal whose customer is new to HubSpot waits for ever',
    asked: 'always',
  },
  {
    anyOf: ['crm.objects.contacts.read'],
    feature: 'finding contacts',
    without: "a deal's contact is not found",
    asked: 'always',
    when: hasContacts,
  },
  {
    anyOf: ['crm.objects.contacts.write'],
    feature: 'creating contacts',
    without: "a deal's contact is not created, and the deal waits for it",
    asked: 'always',
    when: hasContacts,
  },
  {
    anyOf: ['crm.schemas.deals.read', 'crm.objects.deals.read'],
    feature: "looking at the deals' properties and pipelines",
    without: 'the mapping cannot be compared with the portal, so nothing is sent',
    asked: 'always',
  },
  {
    anyOf: ['crm.schemas.companies.read', 'crm.objects.companies.read'],
    feature: "looking at the companies' properties",
    without: 'the mapping cannot be compared with the portal, so nothing is sent',
    asked: 'always',
  },
  {
    anyOf: ['crm.schemas.contacts.read', 'crm.objects.contacts.read'],
    feature: "looking at the contacts' properties",
    without: 'the mapping cannot be compared with the portal, so nothing is sent',
    asked: 'always',
    when: hasContacts,
  },
  {
    anyOf: ['crm.objects.owners.read'],
    feature: 'giving new deals an owner',
    without: 'the owner rule of the mapping finds nobody',
    asked: 'optional',
    when: (needs) => needs.sections['owner'] !== undefined,
  },
  {
    anyOf: ['crm.objects.line_items.read', 'e-commerce'],
    feature: "reading a deal's products",
    without: 'commissions by product are not computed',
    asked: 'optional',
    when: (needs) => lineItems(needs)['mode'] === 'read',
  },
  {
    anyOf: ['crm.objects.line_items.write', 'e-commerce'],
    feature: "writing a deal's products",
    without: 'a deal arrives without its products',
    asked: 'optional',
    when: (needs) => lineItems(needs)['write'] === true,
  },
  {
    anyOf: ['crm.schemas.deals.write'],
    feature: 'creating the deal properties',
    without: 'tributary provision cannot create them',
    asked: 'provisioning',
  },
  {
    anyOf: ['crm.schemas.companies.write'],
    feature: 'creating the company properties',
    without: 'tributary provision cannot create them',
    asked: 'provisioning',
  },
];

/** To be asked for at the authorisation page, each once. */
export function scopesToAsk(...asked: ScopeNeed['asked'][]): string[] {
  const wanted = scopeNeeds.filter((need) => asked.includes(need.asked)).map(({ anyOf }) => anyOf[0]);
  return [...new Set(wanted)];
}

/** What fails without a scope, for the error that names it. */
export function lossWithout(scope: string): string | undefined {
  return scopeNeeds.find(({ anyOf }) => anyOf[0] === scope)?.without;
}

function lineItems({ sections }: Needs): Readonly<Record<string, unknown>> {
  return Object(sections['lineItems']) as Record<string, unknown>;
}

function hasContacts(needs: Needs): boolean {
  return needs.objects.some(({ record, writes }) => record === 'contact' && writes.length > 0);
}
