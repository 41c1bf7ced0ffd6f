import type { Presupposed } from './presupposed.ts';
import type { DescribedField, OrgUnderReplay } from './org-under-replay.ts';

/** Seeds the records a request presupposes, with what else they need: parents first, required fields filled. */
export async function seedPresupposed(org: OrgUnderReplay, found: Presupposed): Promise<void> {
  for (const id of found.keys()) await seed(org, found, id);
}

async function seed(
  org: OrgUnderReplay,
  found: Presupposed,
  id: string,
  underWay = new Set<string>(),
): Promise<void> {
  const type = org.typeOfId(id);
  if (type === undefined || org.has(id) || underWay.has(id)) return;
  underWay.add(id);
  const { values = {}, deleted = false } = found.get(id) ?? {};
  const fields = (await org.describe(type)).fields;
  const record = ownValues(fields, withParents(org, fields, values));
  for (const field of fields) record[field.name] ??= isRequired(field) ? filler(org, field, id) : undefined;
  if (type === 'CampaignMember')
    record['LeadId'] ??= record['ContactId'] === undefined ? org.anyId('Lead') : undefined;
  for (const field of fields) {
    const parent = record[field.name];
    if (field.type === 'reference' && typeof parent === 'string') await seed(org, found, parent, underWay);
  }
  await org.seed(type, { ...record, Id: id, ...(deleted ? { IsDeleted: true } : {}) });
}

/** Puts in the lookups that are known only by the name of a relationship (`@Account`) or by who was listed as parent. */
function withParents(
  org: OrgUnderReplay,
  fields: readonly DescribedField[],
  values: Record<string, unknown>,
): Record<string, unknown> {
  const record = { ...values };
  for (const name in values) {
    const parent = values[name];
    if (!name.startsWith('@') || typeof parent !== 'string') continue;
    const type = org.typeOfId(parent) ?? '';
    const lookup = fields.find((field) =>
      name === '@parent' ? field.referenceTo.includes(type) : field.relationshipName === name.slice(1),
    );
    if (lookup !== undefined) record[lookup.name] ??= parent;
  }
  return record;
}

/**
 * What is stored of a recorded record: compounds and pictures are put together on reading.
 * A recorded null counts only where nobody could have written it: the platform left it empty.
 */
function ownValues(
  fields: readonly DescribedField[],
  values: Record<string, unknown>,
): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || (value === null && field.createable)) continue;
    const isPutTogether =
      field.name === 'Id' || field.type === 'address' || field.extraTypeInfo === 'imageurl';
    if (!isPutTogether) own[field.name] = value;
  }
  return own;
}

function isRequired(field: DescribedField): boolean {
  return field.createable && !field.nillable && !field.defaultedOnCreate && field.type !== 'boolean';
}

function filler(org: OrgUnderReplay, field: DescribedField, id: string): unknown {
  switch (field.type) {
    case 'reference':
      return org.anyId(field.referenceTo[0] ?? '');
    case 'picklist':
      return field.picklistValues[0]?.value ?? 'x';
    case 'date':
      return '2021-12-02';
    case 'datetime':
      return '2021-12-02T18:22:42.000+0000';
    case 'email':
      return 'somebody@example.com';
    case 'double':
    case 'currency':
    case 'percent':
    case 'int':
      return 1;
    default:
      return id.slice(-field.length);
  }
}
