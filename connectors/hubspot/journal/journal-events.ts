/** What a file of the journal says about deals. */
import type { ChangeHint } from '../../../src/crm/connector.ts';
import { JournalEvent, JournalFile } from './journal-shapes.ts';

const DEAL_TYPE_ID = '0-3';

export interface FileContent {
  hints: ChangeHint[];
  /** The app was taken out of the portal. */
  uninstalled: boolean;
  /** Events that could not be read, whatever they were about. */
  unread: number;
}

/** Null: this is not a file of the journal. Events of other portals that use the app are passed over. */
export function readJournalFile(json: unknown, portalId: string): FileContent | null {
  const file = JournalFile.safeParse(json);
  if (!file.success) return null;
  const content: FileContent = { hints: [], uninstalled: false, unread: 0 };
  for (const element of file.data.journalEvents) {
    const parsed = JournalEvent.safeParse(element);
    const hints = parsed.success ? hintsOf(parsed.data) : null;
    if (!parsed.success || hints === null) content.unread += 1;
    else if (parsed.data.portalId === portalId) {
      content.hints.push(...hints);
      // The last one counts: an app that was put back is installed.
      if (parsed.data.action === 'APP_UNINSTALL') content.uninstalled = true;
      if (parsed.data.action === 'APP_INSTALL') content.uninstalled = false;
    }
  }
  return content;
}

/** Null: it is about a deal and does not say which. Never taken for ours: the journal does not say who made a change. */
function hintsOf(event: JournalEvent): ChangeHint[] | null {
  const ids = event.action.startsWith('ASSOCIATION_') ? associated(event) : changed(event);
  if (ids === null) return null;
  const at = instantOf(event.occurredAt);
  const committed = at === null ? {} : { committedAt: at };
  const change = changeOf(event.action);
  const fields = change === 'updated' ? Object.keys(event.propertyChanges ?? {}) : [];
  return ids.map((crmId) => ({ crmId, change, fields, ours: false, ...committed }));
}

function changed(event: JournalEvent): string[] | null {
  if (event.objectTypeId !== DEAL_TYPE_ID) return [];
  const { objectId, primaryObjectId, mergedObjectIds = [], newObjectId } = event;
  const merged = event.action === 'MERGE' ? [primaryObjectId, ...mergedObjectIds, newObjectId] : [];
  const ids = [...new Set([...merged, objectId].filter((id) => id !== undefined))];
  return ids.length === 0 ? null : ids;
}

/** The deal at either end. */
function associated(event: JournalEvent): string[] | null {
  const { fromObjectTypeId, fromObjectId, toObjectTypeId, toObjectId } = event;
  if (fromObjectId === undefined || toObjectId === undefined) return null;
  const from = fromObjectTypeId === DEAL_TYPE_ID ? [fromObjectId] : [];
  return toObjectTypeId === DEAL_TYPE_ID ? [...from, toObjectId] : from;
}

function changeOf(action: string): ChangeHint['change'] {
  switch (action) {
    case 'CREATE':
      return 'created';
    case 'UPDATE':
    case 'ASSOCIATION_ADDED':
    case 'ASSOCIATION_REMOVED':
      return 'updated';
    case 'DELETE':
    case 'GDPR_DELETE':
      return 'deleted';
    case 'RESTORE':
      return 'undeleted';
    case 'MERGE':
      return 'merged';
    default:
      return 'unknown';
  }
}

function instantOf(value: string | number | undefined): Date | null {
  if (value === undefined) return null;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? null : at;
}
