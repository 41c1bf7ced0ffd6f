import type { Org } from '../../store/org.ts';
import type { Row } from '../../store/row.ts';
import type { DuplicateRule } from './duplicate-rule.ts';
import { matchKey } from './match-key.ts';

/**
 * Finds the live records that match by a rule without a scan.
 * Only ever added to: a record that changed, was deleted or whose write was taken back is recognised when it is found.
 */
export interface MatchIndex {
  add(row: Row): void;
  find(key: string): Row[];
}

const indexes = new WeakMap<Org, Map<DuplicateRule, MatchIndex>>();
const observed = new WeakSet<Org>();

/** The index of a rule, made from the rows there are when it is first asked for, and kept up with every commit. */
export function matchIndex(org: Org, rule: DuplicateRule, objectName: string): MatchIndex {
  const known = indexes.get(org) ?? new Map<DuplicateRule, MatchIndex>();
  indexes.set(org, known);
  let index = known.get(rule);
  if (index === undefined) {
    index = createMatchIndex(org, rule, objectName);
    known.set(rule, index);
  }
  observe(org);
  return index;
}

function observe(org: Org): void {
  if (observed.has(org)) return;
  observed.add(org);
  org.onCommit((changes) => {
    const known = indexes.get(org);
    if (known === undefined) return;
    // Rules that were replaced in the settings take their index along.
    for (const rule of known.keys()) if (!org.settings.duplicateRules.includes(rule)) known.delete(rule);
    for (const change of changes) {
      for (const [rule, index] of known) {
        if ((rule.matchObject ?? rule.object) === change.type.name) index.add(change.after);
      }
    }
  });
}

function createMatchIndex(org: Org, rule: DuplicateRule, objectName: string): MatchIndex {
  const table = org.table(objectName);
  const entries = new Map<string, Set<string>>();

  function add(row: Row): void {
    const key = matchKey(rule, row, 'searched');
    if (key === undefined) return;
    const ids = entries.get(key);
    if (ids === undefined) entries.set(key, new Set([row['Id'] as string]));
    else ids.add(row['Id'] as string);
  }

  for (const id of table.ids) {
    const row = table.get(id);
    if (row !== undefined) add(row);
  }
  return {
    add,
    find(key) {
      const found: Row[] = [];
      for (const id of entries.get(key) ?? []) {
        const row = table.get(id);
        if (row === undefined || row['IsDeleted'] === true) continue;
        if (matchKey(rule, row, 'searched') === key) found.push(row);
      }
      return found;
    },
  };
}
