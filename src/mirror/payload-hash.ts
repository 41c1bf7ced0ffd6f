import { createHash } from 'node:crypto';
import type { Fields } from '../crm/connector.ts';

/**
 * Digest of what the CRM should hold: the fields we keep writing, the associations, and the mapping that made them.
 * Equal digest = nothing to do, at no call. Create-only fields are left out: they belong to the rep once created.
 */
export function payloadHash(
  mappingDigest: string,
  fields: Fields,
  links: readonly (string | null)[],
): string {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([mappingDigest, sorted, links]))
    .digest('hex');
}
