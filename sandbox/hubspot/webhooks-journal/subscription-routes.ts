import { z } from 'zod';
import { JOURNAL_SCOPES } from '../auth/developer-scopes.ts';
import type { Call, Route } from '../http/call.ts';
import { readJson } from '../http/read-json.ts';
import { invalid, notFound, type Answer } from '../http/vendor-error.ts';
import { objectType } from '../portal/object-types.ts';
import type { JournalSubscription } from './subscription.ts';

const ROOT = '/webhooks-journal/subscriptions/2026-03';

/** What the journal is to hold. Filters are not here. */
export function journalSubscriptionRoutes(): Route[] {
  const { readSubscriptions: read, writeSubscriptions: write } = JOURNAL_SCOPES;
  return [
    route('GET', '', read, (call) => ({
      status: 200,
      json: { results: all(call).map((one) => present(call, one)) },
    })),
    route('POST', '', write, upsert),
    route('GET', '/{subscriptionId}', read, (call) => ({ status: 200, json: present(call, existing(call)) })),
    route('DELETE', '/{subscriptionId}', write, (call) => {
      const known = existing(call);
      return keep(call, (one) => one !== known);
    }),
    route('DELETE', '/portals/{portalId}', write, (call) =>
      keep(call, ({ portalId }) => String(portalId) !== call.params['portalId']),
    ),
  ];
}

function route(method: string, rest: string, scope: string, handle: Route['handle']): Route {
  const scopes = (): string[][] => [[scope]];
  return { method, pattern: ROOT + rest, scopes, authenticated: true, limit: 'burst', handle };
}

const ids = z.array(z.number().int());
const upsertSchema = z.discriminatedUnion('subscriptionType', [
  z.object({
    subscriptionType: z.literal('OBJECT'),
    objectTypeId: z.string(),
    portalId: z.number().int(),
    actions: z.array(z.enum(['CREATE', 'UPDATE', 'DELETE', 'MERGE', 'RESTORE', 'SNAPSHOT'])).min(1),
    properties: z.array(z.string()),
    objectIds: ids,
  }),
  z.object({
    subscriptionType: z.literal('ASSOCIATION'),
    objectTypeId: z.string(),
    portalId: z.number().int(),
    actions: z.array(z.enum(['ASSOCIATION_ADDED', 'ASSOCIATION_REMOVED'])).min(1),
    associatedObjectTypeIds: z.array(z.string()),
    objectIds: ids,
  }),
  z.object({
    subscriptionType: z.literal('APP_LIFECYCLE_EVENT'),
    eventTypeId: z.string(),
    properties: z.array(z.string()),
  }),
]);

/** One subscription a type and object: asking again changes it. */
function upsert(call: Call): Answer {
  const wanted = readJson(call, upsertSchema);
  const { portalId } = call.sandbox.portal;
  if ('portalId' in wanted && wanted.portalId !== portalId)
    throw invalid(`The app is not installed in ${wanted.portalId}`);
  const objectTypeId = 'eventTypeId' in wanted ? wanted.eventTypeId : wanted.objectTypeId;
  if (!('eventTypeId' in wanted) && objectType(objectTypeId)?.id !== objectTypeId) {
    throw invalid(`${objectTypeId} is not an object type id`);
  }
  const known = all(call).find(
    (one) => one.subscriptionType === wanted.subscriptionType && one.objectTypeId === objectTypeId,
  );
  const at = new Date(call.now).toISOString();
  const { subscriptionType } = wanted;
  const made: JournalSubscription = {
    ...{ id: known?.id ?? nextId(call), subscriptionType, objectTypeId, portalId },
    actions: 'actions' in wanted ? wanted.actions : [],
    properties: 'properties' in wanted ? wanted.properties : [],
    objectIds: 'objectIds' in wanted ? wanted.objectIds : [],
    associatedObjectTypeIds: 'associatedObjectTypeIds' in wanted ? wanted.associatedObjectTypeIds : [],
    ...{ createdAt: known?.createdAt ?? at, updatedAt: at },
  };
  commit(call, [...all(call).filter((one) => one !== known), made]);
  return { status: 200, json: present(call, made) };
}

const FIRST_ID = 3_000_001;

function nextId(call: Call): number {
  return Math.max(FIRST_ID - 1, ...all(call).map(({ id }) => id)) + 1;
}

function all(call: Call): readonly JournalSubscription[] {
  return call.sandbox.webhooksJournal.subscriptions();
}

function existing(call: Call): JournalSubscription {
  const { subscriptionId } = call.params;
  const known = all(call).find(({ id }) => String(id) === subscriptionId);
  if (known === undefined) throw notFound(`Subscription ${subscriptionId} does not exist`);
  return known;
}

function keep(call: Call, kept: (one: JournalSubscription) => boolean): Answer {
  commit(call, all(call).filter(kept));
  return { status: 204 };
}

function commit({ sandbox }: Call, subscriptions: JournalSubscription[]): void {
  sandbox.ledger.commitSetting({ kind: 'journal-subscriptions', subscriptions });
  sandbox.webhooksJournal.setSubscriptions(subscriptions);
}

function present(call: Call, subscription: JournalSubscription): unknown {
  return { ...subscription, appId: call.sandbox.credentials.appId };
}
