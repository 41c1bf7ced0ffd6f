import type { FieldValue, ObjectDescription } from '../../crm/connector.ts';

/** Why the CRM would refuse this value, as far as its own description tells; null when it says nothing against it. */
export function refusalOf(
  description: ObjectDescription | undefined,
  name: string,
  value: FieldValue,
): string | null {
  const field = description?.fields.get(name);
  if (!field || value === null) return null;
  const text = String(value);
  if (field.length !== undefined && text.length > field.length)
    return `${name}: ${text.length} characters, the field holds ${field.length}`;
  if (field.allowedValues && !field.allowedValues.includes(text))
    return `${name}: "${text}" is not among the values the picklist accepts`;
  if (field.type === 'number' && Number.isNaN(Number(text))) return `${name}: "${text}" is not a number`;
  return null;
}
