/** What the journal is to hold: it is empty until the app asks for something. Asked for once; asking again changes nothing. */
import { z } from 'zod';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { Caller } from '../call.ts';
import type { CallSite } from '../errors.ts';
import { journalSubscriptionsPath } from '../versions.ts';
import { SubscriptionsAnswer } from './journal-shapes.ts';

const SITE: CallSite = { stage: 'listen', write: false };
const DEAL = '0-3';
/** Companies and contacts. */
const ASSOCIATED = ['0-2', '0-1'];
/** HubSpot's number for "an app was taken out of a portal", from its guide; not in the API's description. */
const UNINSTALLED = '4-1916193';

function wantedOf(portalId: string): object[] {
  const portal = { portalId: Number(portalId), objectIds: [] };
  return [
    {
      ...{ subscriptionType: 'OBJECT', objectTypeId: DEAL, ...portal, properties: [] },
      actions: ['CREATE', 'UPDATE', 'DELETE', 'MERGE', 'RESTORE'],
    },
    {
      ...{ subscriptionType: 'ASSOCIATION', objectTypeId: DEAL, ...portal },
      ...{ associatedObjectTypeIds: ASSOCIATED, actions: ['ASSOCIATION_ADDED', 'ASSOCIATION_REMOVED'] },
    },
    { subscriptionType: 'APP_LIFECYCLE_EVENT', eventTypeId: UNINSTALLED, properties: [] },
  ];
}

const Wanted = z.object({
  subscriptionType: z.string(),
  objectTypeId: z.string().optional(),
  eventTypeId: z.string().optional(),
  actions: z.array(z.string()).default([]),
});

/** Makes what is missing. Subscriptions of others to other objects stay as they are. */
export async function subscribeToDeals(call: Caller, portalId: string, options: CallOptions): Promise<void> {
  const path = journalSubscriptionsPath;
  const { data } = await call(SITE, { method: 'GET', path }, SubscriptionsAnswer, options);
  for (const body of wantedOf(portalId)) {
    if (data.results.some((known) => covers(known, Wanted.parse(body), portalId))) continue;
    await call(SITE, { method: 'POST', path, body }, z.unknown(), options);
  }
}

type Known = z.infer<typeof SubscriptionsAnswer>['results'][number];

/** One of only some properties or records would hide changes. */
function covers(known: Known, wanted: z.infer<typeof Wanted>, portalId: string): boolean {
  return (
    known.subscriptionType === wanted.subscriptionType &&
    known.objectTypeId === (wanted.objectTypeId ?? wanted.eventTypeId) &&
    (wanted.eventTypeId !== undefined || known.portalId === undefined || known.portalId === portalId) &&
    wanted.actions.every((action) => known.actions.includes(action)) &&
    (wanted.eventTypeId !== undefined ||
      ((known.properties ?? []).length === 0 && (known.objectIds ?? []).length === 0))
  );
}
