import { MARK, type Component, type Content } from './component.ts';
import type { FieldDefinition, FieldType } from './field-definitions.ts';

export function fieldComponent(definition: FieldDefinition): Component {
  const { object, name, label, help, type } = definition;
  const content = { description: `${help} ${MARK}`, inlineHelpText: help, label, ...typeContent(type) };
  return { type: 'CustomField', fullName: `${object}.${name}`, content };
}

function typeContent(type: FieldType): Content {
  switch (type.type) {
    case 'Key': {
      const { length, caseSensitive } = type;
      return { type: 'Text', length, externalId: true, unique: true, caseSensitive };
    }
    case 'Checkbox':
      return { type: 'Checkbox', defaultValue: 'false' };
    case 'LongTextArea':
      return { type: 'LongTextArea', length: type.length, visibleLines: type.lines };
    case 'Lookup':
      return {
        type: 'Lookup',
        referenceTo: type.to,
        relationshipLabel: type.children.replaceAll('_', ' '),
        relationshipName: type.children,
        deleteConstraint: 'SetNull',
      };
    default:
      return { ...type };
  }
}

/** What of a field that is there does not serve, in plain words; null when it serves. Labels, help and spare length are the org's own. */
export function differenceOf(definition: FieldDefinition, found: Content): string | null {
  const wanted = typeContent(definition.type);
  if (found['type'] !== wanted['type'])
    return `is a ${text(found['type'])}, and a ${text(wanted['type'])} is needed`;
  if (definition.type.type === 'Key') {
    if (text(found['unique']) !== 'true') return 'is not unique: one deal could become two records';
    if (text(found['externalId']) !== 'true') return 'is not an external ID: records cannot be written by it';
    if (definition.type.caseSensitive && text(found['caseSensitive']) !== 'true')
      return 'is unique without regard to case: two keys could be taken for one';
  }
  if (definition.type.type === 'Lookup' && found['referenceTo'] !== definition.type.to)
    return `points to ${text(found['referenceTo'])}, and ${definition.type.to} is needed`;
  return tooSmall(wanted, found);
}

function tooSmall(wanted: Content, found: Content): string | null {
  const holds = (element: string): number => Number(found[element] ?? Number.NaN);
  if (typeof wanted['length'] === 'number' && holds('length') < wanted['length'])
    return `holds ${holds('length')} characters, and ${wanted['length']} are needed`;
  if (typeof wanted['scale'] !== 'number' || typeof wanted['precision'] !== 'number') return null;
  const whole = holds('precision') - holds('scale');
  if (whole >= wanted['precision'] - wanted['scale'] && holds('scale') >= wanted['scale']) return null;
  return `holds ${whole} digits and ${holds('scale')} decimals, and ${wanted['precision'] - wanted['scale']} and ${wanted['scale']} are needed`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
