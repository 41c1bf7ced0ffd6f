import {
  addressFields,
  auditFields,
  field,
  idField,
  isDeletedField,
  ownerField,
  personNameFields,
  READ_ONLY,
  viewedFields,
  type FieldDefinition,
} from './field.ts';
import { object, PLATFORM_ONLY, type ObjectDefinition, type OtherChild } from './object.ts';
import { parseField, wrongData } from './parse-field.ts';
import { RELATED_TO_RECORDS, RELATED_TO_WHATS } from './shared-children.ts';

/** What a data file of `objects/` holds: objects, and sets of further fields by object and name of the set. */
export interface ParsedObjects {
  objects: ObjectDefinition[];
  fieldSets: Map<string, FieldDefinition[]>;
}

type Section = { kind: 'object'; into: ObjectDefinition } | { kind: 'fields'; into: FieldDefinition[] };

/**
 * Reads the notation of the data files: one field a line, `Name | Label | type | flags | values`.
 * Throws, naming the line, on anything it does not know.
 */
export function parseObjects(text: string): ParsedObjects {
  const parsed: ParsedObjects = { objects: [], fieldSets: new Map() };
  let section: Section | undefined;
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const [keyword = ''] = line.split(' ', 1);
    if (keyword === 'object' || keyword === 'fields') section = openSection(parsed, line);
    else if (section === undefined) throw wrongData(line);
    else readLine(section, line);
  }
  return parsed;
}

/** The key of a field set in {@link ParsedObjects}. */
export function fieldSetKey(objectName: string, set: string): string {
  return `${objectName} ${set}`;
}

function openSection(parsed: ParsedObjects, line: string): Section {
  if (line.startsWith('fields ')) {
    const into: FieldDefinition[] = [];
    parsed.fieldSets.set(line.slice('fields '.length), into);
    return { kind: 'fields', into };
  }
  const [name, label, plural, prefix, flags = ''] = cells(line.slice('object '.length));
  if (name === undefined || label === undefined || plural === undefined || prefix === undefined)
    throw wrongData(line);
  const options = Object.assign({}, ...words(flags).map((flag) => objectFlag(flag, line)));
  const into = object(name, label, plural, prefix, [], { feedEnabled: false, ...options });
  parsed.objects.push(into);
  return { kind: 'object', into };
}

const OBJECT_FLAGS: Readonly<Record<string, Partial<ObjectDefinition>>> = {
  events: { changeEvents: true },
  feed: { feedEnabled: true },
  nofeed: { feedEnabled: false },
  merge: { mergeable: true },
  readonly: PLATFORM_ONLY,
  quiet: { internal: true },
  nocreate: { createable: false },
  noupdate: { updateable: false },
  nodelete: { deletable: false },
  noundelete: { undeletable: false },
  nolayout: { layoutable: false },
  nosearch: { searchable: false },
  notrigger: { triggerable: false },
};

function objectFlag(flag: string, line: string): Partial<ObjectDefinition> {
  if (flag.startsWith('scopes:')) return { scopes: flag.slice('scopes:'.length).split(',') };
  const known = OBJECT_FLAGS[flag];
  if (known === undefined) throw wrongData(line);
  return known;
}

function readLine(section: Section, line: string): void {
  if (section.kind === 'fields') {
    section.into.push(...fieldsOf(line, ''));
    return;
  }
  const { into } = section;
  if (line.startsWith('children ')) into.otherChildren = [...into.otherChildren, otherChild(line)];
  else if (line === '@related-to-records')
    into.otherChildren = [...into.otherChildren, ...RELATED_TO_RECORDS.map(otherChild)];
  else if (line === '@related-to-whats')
    into.otherChildren = [...into.otherChildren, ...RELATED_TO_WHATS.map(otherChild)];
  else into.fields.push(...fieldsOf(line, into.label));
}

function fieldsOf(line: string, objectLabel: string): FieldDefinition[] {
  const [macro = '', prefix = '', flags = ''] = words(line);
  switch (macro) {
    case '@id':
      return [idField(`${objectLabel} ID`), isDeletedField()];
    case '@owner':
      return [ownerField()];
    case '@audit':
      return auditFields();
    case '@viewed':
      return viewedFields();
    case '@personname':
      return personNameFields();
    case '@address':
      return addressFields(prefix === '-' ? '' : prefix, flags === 'ro' ? READ_ONLY : {});
    default:
      return [line.startsWith('@') ? unknownMacro(line) : parseField(cells(line), line)];
  }
}

function unknownMacro(line: string): never {
  throw wrongData(line);
}

/** Reads `children Object.Field RelationshipName cascade restrict`; `-` or nothing for no name. */
function otherChild(line: string): OtherChild {
  const [, path = '', name = '-', ...flags] = words(line);
  const [childObject = '', childField = ''] = path.split('.');
  return {
    object: childObject,
    field: childField,
    relationship: name === '-' ? null : name,
    cascade: flags.includes('cascade'),
    restrict: flags.includes('restrict'),
  };
}

function cells(line: string): string[] {
  return line.split('|').map((cell) => cell.trim());
}

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/** A custom object's own fields: id, name, owner and audit fields. */
export function customObject(name: string, label: string, prefix: string, nameField: FieldDefinition) {
  return object(name, label, label, prefix, [
    idField(),
    ownerField(),
    isDeletedField(),
    nameField,
    ...auditFields(),
    ...viewedFields(),
  ]);
}

/** The name of a custom object whose records are numbered by the platform. */
export function autoNumberName(label: string, format: string): FieldDefinition {
  return field('Name', label, 'string', {
    length: 80,
    nillable: false,
    nameField: true,
    indexed: true,
    defaultedOnCreate: true,
    autoNumber: format,
    ...READ_ONLY,
  });
}
