import type { EventField } from './event-schema.ts';

/**
 * Names fields the way change events do: `0x…` has a bit for every top-level field (lowest bit = position 0),
 * `4-0x…` one for every part of compound field 4. Hex digits are upper-case: clients read no others.
 */
export function fieldBitmaps(fields: readonly EventField[], isSet: (fieldName: string) => boolean): string[] {
  let top = 0n;
  const compounds: string[] = [];
  for (const field of fields) {
    if (field.parts === undefined) {
      if (isSet(field.name)) top |= 1n << BigInt(field.position);
      continue;
    }
    const bits = partBits(field, isSet);
    if (bits !== 0n) compounds.push(`${field.position}-${hex(bits)}`);
  }
  return top === 0n ? compounds : [hex(top), ...compounds];
}

function partBits(compound: EventField, isSet: (fieldName: string) => boolean): bigint {
  let bits = 0n;
  (compound.parts ?? []).forEach((part, index) => {
    if (isSet(part.field.name)) bits |= 1n << BigInt(index);
  });
  return bits;
}

function hex(bits: bigint): string {
  const digits = bits.toString(16).toUpperCase();
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
}
