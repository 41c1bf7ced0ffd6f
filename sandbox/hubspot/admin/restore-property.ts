import { z } from 'zod';
import { AdminError } from '../../admin/adapter.ts';
import type { Property } from '../portal/property.ts';
import type { Sandbox } from '../sandbox.ts';
import { typeNamed } from './rep-play.ts';

/** Body of `POST /properties/restore`: what only HubSpot's own pages can do with an archived property. */
export const restoredPropertySchema = z.strictObject({ object: z.string(), name: z.string() });

export function restoreProperty(
  sandbox: Sandbox,
  { object, name }: z.infer<typeof restoredPropertySchema>,
): Property {
  const type = typeNamed(object).id;
  const found = sandbox.portal.schemas[type].properties.get(name);
  if (found === undefined) throw new AdminError(404, `${object} never had a property ${name}`);
  const property = { ...found, archived: false };
  sandbox.ledger.commitSetting({ kind: 'property', type, property });
  return property;
}
