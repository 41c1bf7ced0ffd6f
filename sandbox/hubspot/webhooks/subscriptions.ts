import { z } from 'zod';
import { OBJECT_TYPES, type ObjectType } from '../portal/object-types.ts';

/** Things that can happen to a record. */
export const EVENTS = [
  'creation',
  'propertyChange',
  'deletion',
  'restore',
  'merge',
  'associationChange',
] as const;
export type EventName = (typeof EVENTS)[number];

/** One subscription of the app. */
export interface Subscription {
  id: number;
  /** e.g. `deal.propertyChange`. */
  eventType: string;
  /** Only for property changes. */
  propertyName?: string | undefined;
  /** Only for the newer `object.*` events. */
  objectTypeId?: string | undefined;
  active: boolean;
  /** ISO times; only of those made through the settings API. */
  createdAt?: string | undefined;
  updatedAt?: string | undefined;
}

const subscriptionSchema = z.object({
  eventType: z.string().refine(isEventType, 'not an event type of this sandbox'),
  propertyName: z.string().optional(),
  active: z.boolean().default(true),
});

/** Body of `POST /webhooks` on the admin port. An empty target URL switches webhooks off. */
export const webhookSettingsSchema = z.object({
  targetUrl: z.union([z.url(), z.literal('')]),
  subscriptions: z.array(z.union([z.string(), subscriptionSchema])).optional(),
});
export type WebhookSettings = z.infer<typeof webhookSettingsSchema>;

/** What Tributary subscribes to when nothing else is asked for. */
const DEFAULTS = [
  'deal.creation',
  'deal.deletion',
  'deal.restore',
  'deal.merge',
  ...[
    'dealstage',
    'amount',
    'deal_currency_code',
    'closedate',
    'hubspot_owner_id',
    'pipeline',
    'dealname',
  ].map((property) => `deal.propertyChange:${property}`),
];

const FIRST_ID = 2_100_001;

/** Subscriptions from objects, or from texts like `deal.creation` and `deal.propertyChange:amount`. */
export function buildSubscriptions(given: WebhookSettings['subscriptions'] = DEFAULTS): Subscription[] {
  return given.map((one, index) => {
    const wanted = typeof one === 'string' ? subscriptionSchema.parse(fromText(one)) : one;
    return { id: FIRST_ID + index, ...wanted };
  });
}

/** The subscription that an event belongs to. */
export function findSubscription(
  subscriptions: readonly Subscription[],
  type: ObjectType,
  event: EventName,
  propertyName?: string,
): Subscription | undefined {
  return subscriptions.find(
    (one) => one.active && isAbout(one, type, event) && one.propertyName === propertyName,
  );
}

function isAbout({ eventType, objectTypeId }: Subscription, type: ObjectType, event: EventName): boolean {
  if (eventType === `object.${event}`) return objectTypeId === type.id;
  return eventType === `${type.singular}.${event}`;
}

function fromText(text: string): { eventType: string; propertyName?: string } {
  const [eventType = '', propertyName] = text.split(':', 2);
  return propertyName === undefined ? { eventType } : { eventType, propertyName };
}

function isEventType(text: string): boolean {
  const [object, event] = text.split('.', 2);
  return OBJECT_TYPES.some(({ singular }) => singular === object) && EVENTS.includes(event as EventName);
}
