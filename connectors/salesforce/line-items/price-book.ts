import { z } from 'zod';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { LineItemsWanted, WantedLine } from '../../../src/crm/line-items.ts';
import type { SalesforceClient } from '../client.ts';
import { queries } from '../query.ts';
import { fullId } from '../record-id.ts';
import { soql, splitBySize, valueSize } from '../soql.ts';

const purpose = { stage: 'link', write: false } as const;

const BookRow = z.looseObject({
  Id: z.string(),
  Name: z.string(),
  IsStandard: z.boolean(),
  IsActive: z.boolean(),
});
type BookRow = z.infer<typeof BookRow>;
const EntryRow = z.object({
  Id: z.string(),
  Pricebook2Id: z.string(),
  Name: z.string().nullish(),
  ProductCode: z.string().nullish(),
  UnitPrice: z.number(),
  CurrencyIsoCode: z.string().nullish(),
});
export type Entry = z.infer<typeof EntryRow>;

/** Why a line cannot be made, in plain words. */
export interface NoEntry {
  plain: string;
  nextStep: string;
}

/** The price book of that name, or the standard one; by id, or why there is none. */
export async function findBooks(
  client: SalesforceClient,
  names: readonly (string | null)[],
  options: CallOptions,
): Promise<(name: string | null) => string | NoEntry> {
  const fields = ['Id', 'Name', 'IsStandard', 'IsActive'];
  const named = [...new Set(names.flatMap((name) => (name === null ? [] : [name])))];
  const texts = [
    ...(named.length === 0
      ? []
      : [soql({ from: 'Pricebook2', fields, where: [{ field: 'Name', oneOf: named }] })]),
    ...(names.includes(null)
      ? [soql({ from: 'Pricebook2', fields, where: [{ field: 'IsStandard', is: true }] })]
      : []),
  ];
  const rows = texts.length === 0 ? [] : await queries(client, BookRow, { ...purpose, soql: texts }, options);
  return (name) => chooseBook(rows, name);
}

function chooseBook(rows: readonly BookRow[], name: string | null): string | NoEntry {
  const called = name === null ? 'the standard price book' : `the price book "${name}"`;
  const books = rows.filter(
    (row) => row.IsActive && (name === null ? row.IsStandard : row.Name.toLowerCase() === name.toLowerCase()),
  );
  const ids = [...new Set(books.map((row) => row.Id))];
  if (ids.length === 1 && ids[0] !== undefined) return ids[0];
  const plain =
    ids.length === 0
      ? `${called} is not there, or not active`
      : `${ids.length} price books could be ${called}`;
  return {
    plain,
    nextStep: 'Activate or rename it in Salesforce, or change lineItems.priceBook of the mapping.',
  };
}

/** Every active price of the products that these lines name, in these price books. */
export async function findEntries(
  client: SalesforceClient,
  books: readonly string[],
  wanted: readonly LineItemsWanted[],
  withCurrency: boolean,
  options: CallOptions,
): Promise<readonly Entry[]> {
  const lines = wanted.flatMap((one) => one.lines);
  const codes = [...new Set(lines.flatMap(({ code }) => (code === null ? [] : [code])))];
  const names = [...new Set(lines.flatMap(({ code, name }) => (code === null ? [name] : [])))];
  if (books.length === 0 || codes.length + names.length === 0) return [];
  const fields = [
    'Id',
    'Pricebook2Id',
    'Name',
    'ProductCode',
    'UnitPrice',
    ...(withCurrency ? ['CurrencyIsoCode'] : []),
  ];
  // Both lists travel in one address: the few price books leave the products most of it.
  const texts = [['ProductCode', codes] as const, ['Name', names] as const].flatMap(([field, values]) =>
    splitBySize(values, valueSize, 8_000).map((oneOf) =>
      soql({
        from: 'PricebookEntry',
        fields,
        where: [
          { field: 'IsActive', is: true },
          { field: 'Pricebook2Id', oneOf: books },
          { field, oneOf },
        ],
      }),
    ),
  );
  return queries(client, EntryRow, { ...purpose, soql: texts }, options);
}

/** The one price of a line's product in the price book and currency of its opportunity. */
export function chooseEntry(
  entries: readonly Entry[],
  line: Pick<WantedLine, 'code' | 'name'>,
  { book, currency }: { book: string; currency: string | null },
): Entry | NoEntry {
  const same = (left: string | null | undefined, right: string): boolean =>
    left?.toLowerCase() === right.toLowerCase();
  const found = entries.filter(
    (entry) =>
      fullId(entry.Pricebook2Id) === fullId(book) &&
      (currency === null || entry.CurrencyIsoCode === currency) &&
      (line.code === null ? same(entry.Name, line.name) : same(entry.ProductCode, line.code)),
  );
  const [entry] = found;
  if (entry && found.length === 1) return entry;
  const product =
    line.code === null ? `the product "${line.name}"` : `the product "${line.name}" (code ${line.code})`;
  const where = `in the price book of the opportunity${currency === null ? '' : `, in ${currency}`}`;
  return entry
    ? {
        plain: `${found.length} active prices fit ${product} ${where}`,
        nextStep: 'Leave one of them active in Salesforce.',
      }
    : {
        plain: `${product} has no active price ${where}`,
        nextStep: 'Put the product into the price book in Salesforce; its lines are tried again every hour.',
      };
}
