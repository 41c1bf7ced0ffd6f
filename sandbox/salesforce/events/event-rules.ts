import type { SettingsHolder } from '../org-settings.ts';
import type { EventRules } from './collect-events.ts';
import type { SelectedEntities } from './selected-entities.ts';

/** The empty record id, which the vendor's page on overflow events shows in the place of an id. */
const EMPTY_ID = '000000000000000AAA';

/** What the org has decided about its events at this moment. */
export function eventRules({
  settings,
  selectedEntities,
}: {
  settings: SettingsHolder;
  selectedEntities: SelectedEntities;
}): EventRules {
  const { cdcMergeRecords, cdcOverflowThreshold, cdcOverflowRecordIds } = settings.current;
  return {
    publishes: (type) => selectedEntities.has(type.name),
    mergeRecords: cdcMergeRecords,
    overflowThreshold: cdcOverflowThreshold,
    overflowRecordIds: cdcOverflowRecordIds === 'none' ? [] : [EMPTY_ID],
  };
}
