import type { RecordRules } from './contract.ts';

/** A record has a topic once: assigning it again answers with the assignment that is there (recorded from a real org). */
export const topicAssignmentRules: RecordRules = {
  alreadyThere(org, values) {
    const table = org.table('TopicAssignment');
    const { TopicId: topic, EntityId: entity } = values;
    if (typeof topic !== 'string' || typeof entity !== 'string') return undefined;
    for (const id of table.lookup('EntityId', entity) ?? []) {
      const row = table.get(id);
      if (row?.['TopicId'] === topic && row['IsDeleted'] !== true) return row;
    }
    return undefined;
  },
  derive(org, values, before) {
    const { EntityId: entity } = values;
    if (before !== undefined || typeof entity !== 'string') return;
    const prefix = entity.slice(0, 3);
    values['EntityKeyPrefix'] = prefix;
    values['EntityType'] = org.preset.schema.byPrefix(prefix)?.name ?? null;
  },
};
