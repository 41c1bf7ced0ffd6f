import type { Fields, ObjectDescription } from '../crm/connector.ts';
import type { SummedField } from '../crm/line-items.ts';
import type { Mapping } from './schema.ts';

/** The field that the CRM may compute from a deal's own products, where the mapping writes it and the org says when. */
export function fitSummed(
  summed: SummedField | undefined,
  { deal }: Pick<Mapping, 'deal'>,
  description: ObjectDescription | undefined,
): SummedField | undefined {
  if (!summed || !description?.fields.has(summed.while)) return undefined;
  return deal.write.some((row) => row.to === summed.field) ? summed : undefined;
}

/** Whether the record's own products hold the field now: a write to it would be refused, or ignored. */
export function isSummed(summed: SummedField | undefined, fields: Readonly<Fields>): boolean {
  return summed !== undefined && fields[summed.while] === true;
}
