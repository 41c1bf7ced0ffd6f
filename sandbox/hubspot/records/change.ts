import type { AssociationLabel } from '../portal/association-types.ts';
import type { TypeId } from '../portal/object-types.ts';
import type { Property } from '../portal/property.ts';
import type { PropertyGroup } from '../portal/portal.ts';
import type { JournalSubscription } from '../webhooks-journal/subscription.ts';
import type { Subscription } from '../webhooks/subscriptions.ts';
import type { Author } from './author.ts';
import type { CrmRecord, Values } from './record.ts';

/** What is to happen to one record. `calculated` are HubSpot's own follow-up values. */
export interface RecordChange {
  op: 'create' | 'update' | 'delete' | 'undelete';
  type: TypeId;
  id: string;
  values: Values;
  calculated?: Values | undefined;
}

/** What is to happen between two records. Type ids are those of the direction from → to. */
export interface AssociationChange {
  op: 'associate' | 'dissociate';
  from: TypeId;
  fromId: string;
  to: TypeId;
  toId: string;
  typeIds: number[];
}

/** One line of the journal: everything a restart needs, in the order it happened. */
export type JournalEntry =
  | { kind: 'records'; at: number; author: Author; changes: RecordChange[] }
  | { kind: 'associations'; at: number; author: Author; changes: AssociationChange[] }
  | {
      kind: 'merge';
      at: number;
      author: Author;
      type: TypeId;
      primaryId: string;
      mergedId: string;
      intoId: string;
      /** What the surviving record takes over from the merged one. */
      values: Values;
    }
  | { kind: 'property'; type: TypeId; property: Property }
  | { kind: 'group'; type: TypeId; group: PropertyGroup; removed?: boolean }
  | { kind: 'label'; label: AssociationLabel; removed: boolean }
  | {
      kind: 'token';
      token: string;
      issuedAt: number;
      expiresAt: number;
      grant?: 'oauth' | 'developer';
      scopes?: string[];
    }
  | { kind: 'refresh-token'; token: string; scopes: string[] }
  | { kind: 'uninstalled'; at: number }
  | { kind: 'revoked'; at: number; token: string | undefined }
  | {
      kind: 'webhooks';
      targetUrl: string | undefined;
      subscriptions: Subscription[];
      maxConcurrentRequests?: number;
    }
  | { kind: 'journal-subscriptions'; subscriptions: JournalSubscription[] };

/** A merge: `intoId` is the record that stays. */
export type Merge = Omit<Extract<JournalEntry, { kind: 'merge' }>, 'kind' | 'at' | 'author'>;

/** A change after it happened. */
export type Committed =
  | {
      kind: 'record';
      op: RecordChange['op'];
      at: number;
      author: Author;
      record: CrmRecord;
      /** The values that became different, by whoever made them so. */
      changed: Values;
      calculated: Values;
    }
  | { kind: 'association'; at: number; author: Author; change: AssociationChange }
  | {
      kind: 'merge';
      at: number;
      author: Author;
      record: CrmRecord;
      primaryId: string;
      mergedId: string;
    };
