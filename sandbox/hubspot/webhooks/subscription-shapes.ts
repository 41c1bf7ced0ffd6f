import { z } from 'zod';
import { invalid } from '../http/vendor-error.ts';
import { objectType } from '../portal/object-types.ts';
import { EVENTS, type Subscription } from './subscriptions.ts';

/** Body of a subscription's creation. */
export const subscriptionCreateSchema = z.object({
  eventType: z.string(),
  propertyName: z.string().optional(),
  objectTypeId: z.string().optional(),
  active: z.boolean().optional(),
});

/** Subscriptions an app may have (facts: Webhooks). */
const LIMIT = 1000;
/** What may be subscribed to besides the objects of this sandbox, where nothing ever comes of it. */
const OTHERS = ['product', 'ticket'];
const SPOKEN = ['contact', 'company', 'deal', 'line_item', 'object', ...OTHERS];

/** Refuses what HubSpot refuses. */
export function checkCreate(
  { eventType, propertyName, objectTypeId }: Omit<z.infer<typeof subscriptionCreateSchema>, 'active'>,
  existing: readonly Subscription[],
): void {
  const [object = '', event = ''] = eventType.split('.', 2);
  const known = SPOKEN.includes(object) && (EVENTS as readonly string[]).includes(event);
  if (!known && eventType !== 'contact.privacyDeletion') throw invalid(`Unknown event type ${eventType}`);
  if (event === 'propertyChange' && propertyName === undefined) {
    throw invalid('propertyName is required for property changes');
  }
  if (object === 'object' && objectType(objectTypeId ?? '') === undefined) {
    throw invalid('objectTypeId is required for events of any object');
  }
  if (existing.length >= LIMIT) throw invalid(`An app can have no more than ${LIMIT} subscriptions.`);
  const same = existing.some(
    (one) =>
      one.eventType === eventType && one.propertyName === propertyName && one.objectTypeId === objectTypeId,
  );
  if (same) throw invalid('The app has this subscription already.');
}
