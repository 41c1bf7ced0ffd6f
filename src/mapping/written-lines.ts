import type { Mapping } from './schema.ts';
import type { FittedMapping } from './fit.ts';

/** Whether the deal's own lines are written as products of the CRM's record. */
export function writesLines(
  { lineItems }: Pick<Mapping, 'lineItems'>,
  deal: { lines: readonly unknown[]; attachedAs: unknown; recordKind: 'deal' | 'lead' },
): boolean {
  return (
    lineItems.write === true &&
    deal.lines.length > 0 &&
    deal.attachedAs === null &&
    deal.recordKind === 'deal'
  );
}

/** What is written of a deal with products of ours: everything but the field that is their sum. */
export function mappingFor<T extends Pick<FittedMapping, 'deal' | 'lineItems' | 'summed'>>(
  mapping: T,
  deal: Parameters<typeof writesLines>[1],
): T {
  const { summed } = mapping;
  if (!summed || !writesLines(mapping, deal)) return mapping;
  const write = mapping.deal.write.filter((row) => row.to !== summed.field);
  return { ...mapping, deal: { ...mapping.deal, write } };
}
