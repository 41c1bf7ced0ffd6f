/**
 * A map says, as data, how a spreadsheet's columns become deal registrations. A column is named by its heading, a
 * column of a look-up file by `<look-up>.<heading>`.
 */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

const DATE_FORMAT = /^(?=.*(YYYY|YY))(?=.*(MM|M))(?=.*(DD|D))[YMD ./-]+$/;

const CellValue = z.strictObject({
  column: z.string().min(1),
  /** Forms a date may have (YYYY, YY, MM, M, DD, D); the first is the expected one, any other counts as a correction. */
  dates: z.array(z.string().regex(DATE_FORMAT, 'is not a date form such as DD-MM-YY')).min(1).optional(),
  /** How numbers are written, when not as 1234.56. */
  decimal: z.enum(['.', ',']).optional(),
  thousands: z.enum(['.', ',', ' ', "'"]).optional(),
  /** Values that mean "none". */
  empty: z.array(z.string()).optional(),
  /** Lower case with dashes, as a partner's key has to be. */
  slug: z.boolean().optional(),
  /** Another value for the one found; a value not listed makes the row fail. */
  values: z.record(z.string(), z.string()).optional(),
  /** Taking the value from here is itself a correction, and this is how the report names it. */
  correction: z.string().optional(),
  /** The file may lack this column. */
  optional: z.boolean().optional(),
});
/** `{heading}` stands for a column; the text is none when one of its columns is. */
const TextValue = z.strictObject({ template: z.string().min(1), correction: z.string().optional() });
const FixedValue = z.strictObject({ constant: z.string(), correction: z.string().optional() });
const OneValue = z.union([CellValue, TextValue, FixedValue]);
const FirstValue = z.strictObject({
  /** The first that is not empty. */
  first: z.array(OneValue).min(1),
});
export const ValueSource = z.union([CellValue, TextValue, FixedValue, FirstValue]);
export type ValueSource = z.infer<typeof ValueSource>;

/** A value the row cannot do without, and the reason given when it is missing. */
const Needed = z.strictObject({ value: ValueSource, otherwise: z.string().min(1) });

const fields = {
  version: ValueSource.optional(),
  name: ValueSource.optional(),
  'company.domain': ValueSource.optional(),
  'company.country': ValueSource.optional(),
  'company.sector': ValueSource.optional(),
  'contact.firstName': ValueSource.optional(),
  'contact.lastName': ValueSource.optional(),
  'contact.email': ValueSource.optional(),
  'contact.phone': ValueSource.optional(),
  amount: ValueSource.optional(),
  expectedCloseDate: ValueSource.optional(),
  registeredOn: ValueSource.optional(),
  stage: ValueSource.optional(),
};

export const ImportMap = z.strictObject({
  /** The deals' source: together with the ref it is their identity. */
  source: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  delimiter: z.string().length(1).default(','),
  lookups: z
    .record(
      z.string().regex(/^[a-z][a-zA-Z0-9]*$/),
      z.strictObject({
        /** Beside the imported file, or else beside the map. */
        file: z.string().min(1),
        /** The file's own column to find a row by. */
        key: z.string().min(1),
        /** The column whose value is looked up, after corrections. */
        by: z.string().min(1),
        /** Why a value that is not found makes the row fail; without it the look-up is then just empty. */
        otherwise: z.string().optional(),
      }),
    )
    .default({}),
  /** Known wrong spellings, put right before anything reads the column. */
  corrections: z
    .array(z.strictObject({ column: z.string(), values: z.record(z.string(), z.string()), note: z.string() }))
    .default([]),
  partner: z.strictObject({
    key: Needed,
    /** Partners that do not exist yet are created so; existing ones are left alone. */
    create: z
      .strictObject({
        name: ValueSource,
        email: ValueSource.optional(),
        country: ValueSource.optional(),
        tier: ValueSource.optional(),
        tierFrom: z.iso.date().optional(),
      })
      .optional(),
  }),
  ref: Needed,
  company: Needed,
  currency: ValueSource,
  products: z
    .array(
      z.strictObject({
        name: ValueSource,
        code: ValueSource.optional(),
        quantity: ValueSource.optional(),
        unitPrice: ValueSource.optional(),
      }),
    )
    .default([]),
  fields: z.strictObject(fields).default({}),
  /** Which rows are approved at once. Without it every deal is only submitted. */
  status: z
    .strictObject({
      column: z.string(),
      approved: z.array(z.string()).default([]),
      submitted: z.array(z.string()).default([]),
    })
    .optional(),
});
export type ImportMap = z.infer<typeof ImportMap>;

/** The map or the file cannot be used at all; nothing was imported. */
export class ImportRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ImportRefused';
  }
}

/** @throws ImportRefused naming every fault of the map */
export async function loadImportMap(file: string): Promise<ImportMap> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ImportRefused(`The map cannot be read: ${error.message}`);
  });
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new ImportRefused(`${file} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const map = ImportMap.safeParse(content);
  if (map.success) return map.data;
  throw new ImportRefused(`The map ${file} has faults:\n${z.prettifyError(map.error)}`);
}

/** Every column the map reads, so that a misspelt heading is found before the first row. Optional ones excluded. */
export function columnsOf(map: ImportMap): string[] {
  const values = [
    map.partner.key.value,
    ...Object.values(map.partner.create ?? {}).filter((value) => typeof value === 'object'),
    map.ref.value,
    map.company.value,
    map.currency,
    ...map.products.flatMap((product) => Object.values(product).filter((value) => value !== undefined)),
    ...Object.values(map.fields).filter((value) => value !== undefined),
  ];
  return [
    ...new Set([
      ...values.flatMap(columnsOfValue),
      ...map.corrections.map((correction) => correction.column),
      ...Object.values(map.lookups).map((lookup) => lookup.by),
      ...(map.status ? [map.status.column] : []),
    ]),
  ];
}

function columnsOfValue(value: ValueSource): string[] {
  if ('first' in value) return value.first.flatMap(columnsOfValue);
  if ('template' in value) return placeholdersOf(value.template);
  return 'column' in value && value.optional !== true ? [value.column] : [];
}

export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? '');
}
