import {
  field,
  FIELD_TYPES,
  READ_ONLY,
  type FieldDefinition,
  type FieldOptions,
  type FieldType,
} from './field.ts';
import { NAMED_LABELS, NAMED_PICKLISTS } from './picklists.ts';

/** Reads the cells `Name, Label, type, flags, values` of one field. `line` is for the error message. */
export function parseField(cells: readonly string[], line: string): FieldDefinition {
  const [name, label, typeCell, flagCell = '', valueCell = ''] = cells;
  if (name === undefined || label === undefined || typeCell === undefined) throw wrongData(line);
  const { type, options } = parseType(typeCell, line);
  const flags = flagCell.split(' ').filter((flag) => flag !== '');
  const settings: FieldOptions = Object.assign(options, valueOptions(valueCell));
  for (const flag of flags) Object.assign(settings, flagOptions(flag, line, settings));
  return field(name, label, type, settings);
}

/** A line of a data file that does not follow the notation: a mistake of ours. */
export function wrongData(line: string): Error {
  return new Error(`schema data not understood: ${line}`);
}

function parseType(cell: string, line: string): { type: FieldType; options: FieldOptions } {
  const [kind = '', size = '', ...rest] = cell.split(' ');
  if (kind === 'lookup') return { type: 'reference', options: lookupOptions(size, rest, line) };
  if (kind === 'id')
    return {
      type: 'id',
      options: {
        length: 18,
        nillable: false,
        defaultedOnCreate: true,
        indexed: true,
        hiddenInEvents: true,
        ...READ_ONLY,
      },
    };
  const type = FIELD_TYPES.find((one) => one === kind);
  // Ids and lookups have a notation of their own, read above.
  if (type === undefined || type === 'id' || type === 'reference') throw wrongData(line);
  if (type === 'int') return { type, options: { precision: Number(size) } };
  if (!size.includes(',')) return { type, options: { length: Number(size) } };
  const [precision = 0, scale = 0] = size.split(',').map(Number);
  return { type, options: { precision, scale } };
}

/** Reads `Account,Contact as Parent for Children`. */
function lookupOptions(targets: string, rest: readonly string[], line: string): FieldOptions {
  const named = (keyword: string) => {
    const at = rest.indexOf(keyword);
    return at < 0 ? undefined : rest[at + 1];
  };
  const relationshipName = named('as');
  const childRelationshipName = named('for');
  if (relationshipName === undefined) throw wrongData(line);
  return {
    length: 18,
    referenceTo: targets.split(','),
    relationshipName,
    ...(childRelationshipName === undefined ? {} : { childRelationshipName }),
  };
}

/** Values are separated by semicolons; a star marks the default, an exclamation mark an inactive one. */
function valueOptions(cell: string): FieldOptions {
  if (cell === '') return {};
  if (cell.startsWith('@')) {
    const labels = NAMED_LABELS[cell.slice(1)];
    return { picklist: NAMED_PICKLISTS[cell.slice(1)] ?? [], ...(labels === undefined ? {} : { labels }) };
  }
  const values = cell.split(';').map((value) => value.trim());
  const bare = (value: string) => value.replace(/^[*!]/, '');
  const chosen = values.find((value) => value.startsWith('*'));
  const inactive = values.filter((value) => value.startsWith('!')).map(bare);
  return {
    picklist: values.filter((value) => !value.startsWith('!')).map(bare),
    ...(inactive.length > 0 ? { inactive } : {}),
    ...(chosen === undefined ? {} : { defaultValue: bare(chosen), preselected: bare(chosen) }),
  };
}

const FLAGS: Readonly<Record<string, FieldOptions>> = {
  required: { required: true, nillable: false },
  ro: READ_ONLY,
  createonly: { updateable: false },
  auto: { nillable: false, defaultedOnCreate: true },
  defaulted: { defaultedOnCreate: true },
  notnull: { nillable: false },
  name: { nameField: true },
  indexed: { indexed: true },
  noindex: { indexed: false },
  unique: { unique: true, indexed: true },
  external: { externalId: true, indexed: true },
  casesensitive: { caseSensitive: true },
  idlookup: { idLookup: true, indexed: true },
  restricted: { restricted: true },
  calculated: { calculated: true },
  noevent: { hiddenInEvents: true },
  nopermission: { permissionable: false },
  cascade: { onParentDelete: { cascade: true } },
  restrict: { onParentDelete: { restrict: true } },
  viewed: { viewed: true },
  optional: { optional: true },
};

function flagOptions(flag: string, line: string, before: FieldOptions): FieldOptions {
  const colon = flag.indexOf(':');
  if (colon < 0) {
    const known = FLAGS[flag];
    if (known === undefined) throw wrongData(line);
    return known.onParentDelete === undefined
      ? known
      : { onParentDelete: { ...before.onParentDelete, ...known.onParentDelete } };
  }
  const value = flag.slice(colon + 1);
  switch (flag.slice(0, colon)) {
    case 'extra':
      return { extraType: value };
    case 'partof':
      return { compoundName: value };
    case 'relationship':
      return { relationshipName: value };
    case 'since':
      return { since: Number(value) };
    case 'default':
      return { defaultValue: defaultOf(value) };
    default:
      throw wrongData(line);
  }
}

function defaultOf(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}
