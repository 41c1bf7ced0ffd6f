import type { Needs, ObjectNeed } from '../../../src/crm/provisioning.ts';
import { accessRules } from './access-rules.ts';
import { neededFields } from './needed-fields.ts';

export interface ObjectAccess {
  create: boolean;
  edit: boolean;
  delete: boolean;
  viewAll: boolean;
}

export interface NeededAccess {
  /** By object; reading is meant by being here. */
  objects: ReadonlyMap<string, ObjectAccess>;
  /** By `Object.Field`. */
  fields: ReadonlyMap<string, 'read' | 'edit'>;
  /** Objects whose change events are listened to. */
  changeEvents: readonly string[];
}

/**
 * What hangs on a record has no object permissions of its own: the record's decide. Source: Salesforce help, "Object
 * Permissions" of child objects.
 */
const governed: Readonly<Record<string, string>> = {
  CampaignMember: 'Campaign',
  OpportunityContactRole: 'Opportunity',
  OpportunityLineItem: 'Opportunity',
  OpportunityPartner: 'Opportunity',
  OpportunityTeamMember: 'Opportunity',
  AccountTeamMember: 'Account',
  PricebookEntry: 'Pricebook2',
};

export function hasOwnPermissions(object: string): boolean {
  return governed[object] === undefined;
}

/** The least a run-time user needs for this mapping, and nothing more. */
export function neededAccess(needs: Needs): NeededAccess {
  const objects = new Map<string, ObjectAccess>();
  const fields = new Map<string, 'read' | 'edit'>();
  const allow = (object: string, rights: Partial<ObjectAccess>): void => {
    const before = objects.get(object) ?? { create: false, edit: false, delete: false, viewAll: false };
    const given = Object.entries(rights).filter(([, granted]) => granted);
    objects.set(object, { ...before, ...Object.fromEntries(given) });
  };
  const see = (name: string, right: 'read' | 'edit'): void => {
    if (fields.get(name) !== 'edit') fields.set(name, right);
  };
  for (const need of needs.objects) allowMapped(need, allow, see);
  const rules = accessRules.filter((rule) => rule.when?.(needs) ?? true);
  for (const { object, rights = [], reads = [], edits = [] } of rules) {
    const has = (right: (typeof rights)[number]): boolean => rights.includes(right);
    allow(object, {
      create: has('create'),
      edit: has('edit'),
      delete: has('delete'),
      viewAll: has('view-all'),
    });
    for (const field of reads) see(`${object}.${field}`, 'read');
    for (const field of edits) see(`${object}.${field}`, 'edit');
  }
  for (const { object, name } of neededFields(needs).defined) see(`${object}.${name}`, 'edit');
  const changeEvents = rules.filter((rule) => rule.changeEvents).map(({ object }) => object);
  return { objects, fields, changeEvents: [...new Set(changeEvents)] };
}

function allowMapped(
  { object, keyField, writes, reads }: ObjectNeed,
  allow: (object: string, rights: Partial<ObjectAccess>) => void,
  see: (name: string, right: 'read' | 'edit') => void,
): void {
  allow(object, { create: true, edit: true });
  for (const { field } of [{ field: keyField }, ...writes]) see(`${object}.${field}`, 'edit');
  for (const { field } of reads) see(`${object}.${field}`, 'read');
}
