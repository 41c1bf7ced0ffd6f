import type { Needs } from '../../../src/crm/provisioning.ts';
import { propertyDefinitions } from './property-definitions.ts';

/** One webhook subscription of the app. */
export interface WantedSubscription {
  /** e.g. `deal.propertyChange`. */
  eventType: string;
  /** Only of property changes. */
  propertyName?: string | undefined;
}

const DEAL_NAMES: ReadonlySet<string> = new Set(['deals', 'deal', '0-3']);
const EVENTS = ['creation', 'deletion', 'restore', 'merge', 'associationChange'] as const;

/**
 * What the mirror wants to hear of: deals that come and go, and every property of a deal that the mapping reads and that is
 * not kept by ourselves. [] where deals are mirrored into an object whose webhooks have no names of their own.
 */
export function wantedSubscriptions(needs: Needs): WantedSubscription[] {
  const deal = needs.objects.find(({ record }) => record === 'deal');
  if (!deal || !DEAL_NAMES.has(deal.object)) return [];
  const ours = new Set([deal.keyField, ...propertyDefinitions.map(({ name }) => name)]);
  const heard = deal.reads.map(({ field }) => field).filter((name) => !ours.has(name));
  return [
    ...EVENTS.map((event) => ({ eventType: `deal.${event}` })),
    ...[...new Set([...heard, 'dealname'])].map((propertyName) => {
      return { eventType: 'deal.propertyChange', propertyName };
    }),
  ];
}

export function subscriptionName({ eventType, propertyName }: WantedSubscription): string {
  return propertyName === undefined ? eventType : `${eventType} ${propertyName}`;
}
