import { createHash } from 'node:crypto';
import type { ObjectType } from '../schema/schema.ts';
import type { Values } from '../store/row.ts';

/** What happened to the records. A gap says only that it happened; an overflow not even to which records. */
export type ChangeType =
  | 'CREATE'
  | 'UPDATE'
  | 'DELETE'
  | 'UNDELETE'
  | 'GAP_CREATE'
  | 'GAP_UPDATE'
  | 'GAP_DELETE'
  | 'GAP_UNDELETE'
  | 'GAP_OVERFLOW';

/** One change event, not yet encoded: nobody may be listening. */
export interface ChangeEvent {
  /** Opaque to clients; grows, with gaps. */
  replayId: number;
  /** The object as it was when the change was committed: a later field does not appear in earlier events. */
  type: ObjectType;
  changeType: ChangeType;
  /** Several when the same change happened to several records of one transaction. */
  recordIds: string[];
  changeOrigin: string;
  transactionKey: string;
  sequenceNumber: number;
  /** Epoch milliseconds. */
  commitTimestamp: number;
  commitNumber: number;
  commitUser: string;
  /** Changed fields; null where a field was cleared. All fields of the record for CREATE and UNDELETE. */
  values: Readonly<Values>;
}

/** A change event that has no place in the log yet. */
export type PendingEvent = Omit<ChangeEvent, 'replayId' | 'commitNumber' | 'transactionKey'>;

/** `OpportunityChangeEvent` for a standard object, `Deal__ChangeEvent` for the custom object `Deal__c`. */
export function changeEventName(objectName: string): string {
  return objectName.endsWith('__c') ? `${objectName.slice(0, -1)}ChangeEvent` : `${objectName}ChangeEvent`;
}

/** The id of an event: the same whenever and to whomever it is delivered. */
export function eventId(event: ChangeEvent): string {
  const hex = createHash('sha256').update(`${event.transactionKey}/${event.replayId}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
