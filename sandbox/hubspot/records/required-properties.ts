import { typeOf, type TypeId } from '../portal/object-types.ts';
import type { Values } from './record.ts';

/** Sets of properties of which at least one each must be given at creation (HubSpot's "create" guides). */
const NEEDED: Record<TypeId, readonly (readonly string[])[]> = {
  '0-1': [['email', 'firstname', 'lastname']],
  '0-2': [['name', 'domain']],
  '0-3': [['dealname'], ['dealstage']],
  '0-8': [],
  '0-46': [['hs_timestamp']],
};

/** The names missing from a new record; empty when it may be created. */
export function missingProperties(type: TypeId, values: Values): string[] {
  const missing = NEEDED[type].filter((names) => !names.some((name) => values[name]));
  return missing.map((names) => names[0] as string);
}

/** The vendor's sentence for {@link missingProperties}. */
export function missingMessage(type: TypeId): string {
  return `Error creating ${typeOf(type).label}. Some required properties were not set.`;
}
