import { z } from 'zod';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { integrity, notFoundByName } from './metadata-error.ts';
import { listOf, optionalBoolean, optionalNumber, optionalText, type Plain } from './plain.ts';
import type { Work } from './work.ts';

const item = z.strictObject({
  analyticsCloudComponent: z.unknown().optional(),
  behavior: optionalText,
  canvas: optionalText,
  component: optionalText,
  customLink: optionalText,
  emptySpace: optionalBoolean,
  field: optionalText,
  height: optionalNumber,
  page: optionalText,
  reportChartComponent: z.unknown().optional(),
  scontrol: optionalText,
  showLabel: optionalBoolean,
  showScrollbars: optionalBoolean,
  width: optionalText,
});

const column = z.strictObject({ layoutItems: listOf(item), reserved: optionalText });

/** One section of a page: columns of fields. */
export const sectionShape = z.strictObject({
  customLabel: optionalBoolean,
  detailHeading: optionalBoolean,
  editHeading: optionalBoolean,
  label: optionalText,
  layoutColumns: listOf(column),
  style: optionalText,
});
export type LayoutSection = z.output<typeof sectionShape>;

const BEHAVIORS = ['Edit', 'Required', 'Readonly'];

/** Refuses sections that name fields which are not there, name one twice, or leave out one that every page needs. */
export function checkSections(type: ObjectType, sections: readonly LayoutSection[]): void {
  const seen = new Set<string>();
  for (const { field: name, behavior } of itemsOf(sections)) {
    if (name === undefined) continue;
    if (!isShowable(type, name)) throw notFoundByName('CustomField', `${type.name}.${name}`, 'field');
    if (behavior !== undefined && !BEHAVIORS.includes(behavior))
      throw integrity(`'${behavior}' is not a valid value for the enum 'UiBehavior'`, 'behavior');
    const key = name.toLowerCase();
    if (seen.has(key)) throw integrity(`Field:${name} is on the layout more than once`, 'field');
    seen.add(key);
  }
  const needed = type.fields.find(
    (field) => field.required && field.createable && !seen.has(shownAs(field).toLowerCase()),
  );
  if (needed !== undefined) {
    throw integrity(`Layout must contain an item for required layout field: ${shownAs(needed)}`);
  }
}

/** A page that shows every field, as an org has it before anybody edits it. */
export function defaultSections(type: ObjectType): LayoutSection[] {
  const shown = new Map<string, string>();
  for (const field of type.fields) {
    if (SYSTEM.has(field.name) || field.type === 'address' || field.type === 'location') continue;
    const name = shownAs(field);
    if (!shown.has(name) || field.required) shown.set(name, behaviorOf(field));
  }
  const items = [...shown].map(([name, behavior]) => ({ behavior, field: name }));
  const half = Math.ceil(items.length / 2);
  const system = ['CreatedById', 'LastModifiedById']
    .filter((name) => type.field(name) !== undefined)
    .map((name) => ({ behavior: 'Readonly', field: name }));
  return [
    section(`${type.definition.label} Information`, [items.slice(0, half), items.slice(half)]),
    section('System Information', [system.slice(0, 1), system.slice(1)]),
  ];
}

const SYSTEM = new Set([
  'Id',
  'IsDeleted',
  'MasterRecordId',
  'CreatedDate',
  'CreatedById',
  'LastModifiedDate',
  'LastModifiedById',
  'SystemModstamp',
  'LastViewedDate',
  'LastReferencedDate',
  'LastActivityDate',
]);

function section(label: string, columns: { behavior: string; field: string }[][]): LayoutSection {
  return sectionShape.parse({
    customLabel: false,
    detailHeading: true,
    editHeading: true,
    label,
    layoutColumns: columns.map((layoutItems) => ({ layoutItems })),
    style: 'TwoColumnsTopToBottom',
  });
}

function behaviorOf(field: FieldDefinition): string {
  if (field.required) return 'Required';
  return field.createable || field.updateable ? 'Edit' : 'Readonly';
}

/** Pages show a compound in place of its parts. */
function shownAs(field: FieldDefinition): string {
  return field.compound?.name ?? field.name;
}

function isShowable(type: ObjectType, name: string): boolean {
  const wanted = name.toLowerCase();
  return type.fields.some((field) => shownAs(field).toLowerCase() === wanted);
}

function itemsOf(sections: readonly LayoutSection[]) {
  return sections.flatMap((one) => one.layoutColumns.flatMap((each) => each.layoutItems));
}

/** Takes a field that is about to go off every page that shows it. */
export function dropFromLayouts(work: Work, fieldFullName: string): void {
  const [object = '', name = ''] = fieldFullName.split('.');
  for (const layout of work.sandbox.metadata.list('Layout')) {
    if (!layout.fullName.startsWith(`${object}-`)) continue;
    const sections = z.array(sectionShape).parse(layout.content['layoutSections'] ?? []);
    if (!itemsOf(sections).some((one) => one.field === name)) continue;
    work.put('Layout', layout.fullName, {
      ...layout.content,
      layoutSections: sections.map((one) => without(one, name)),
    });
  }
}

function without(one: LayoutSection, name: string): Plain {
  const layoutColumns = one.layoutColumns.map((each) => ({
    ...each,
    layoutItems: each.layoutItems.filter((entry) => entry.field !== name),
  }));
  return { ...one, layoutColumns };
}
