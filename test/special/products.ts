/** Products of a local org and their prices, for tests. */
import type { TestOrg } from '../salesforce/open-org.ts';

interface InOrg {
  org: TestOrg;
}

export interface Products {
  /** The standard price book. */
  book: string;
  /** Price book entry by product code. */
  entries: Record<string, string>;
}

export async function seedProducts(
  { org }: InOrg,
  codes: readonly string[] = ['GTX', 'SVC'],
): Promise<Products> {
  const standard = (await org.records('Pricebook2')).find((row) => row['IsStandard'] === true);
  const book = String(standard?.['Id']);
  const entries: Record<string, string> = {};
  for (const code of codes) {
    const product = { Name: `${code} product`, ProductCode: code, IsActive: true };
    const [Product2Id = ''] = await org.seed('Product2', product);
    const price = { Pricebook2Id: book, Product2Id, UnitPrice: 100, IsActive: true, CurrencyIsoCode: 'USD' };
    [entries[code] = ''] = await org.seed('PricebookEntry', price);
  }
  return { book, entries };
}

/** A rep adds a product to an opportunity. Answers the line's id. */
export async function addLine(
  { org }: InOrg,
  { entries }: Products,
  crmId: string,
  code: string,
  fields: object,
): Promise<string> {
  const line = { OpportunityId: crmId, PricebookEntryId: entries[code], Quantity: 1, ...fields };
  const answer = await org.admin('POST', '/play', {
    action: 'create',
    object: 'OpportunityLineItem',
    fields: line,
  });
  return (answer as { records: { Id: string }[] }).records[0]?.Id ?? '';
}
