import { parse } from 'yaml';
import { z } from 'zod';
import { RecordRules } from '../choose-record.ts';

/**
 * Everything that is tried in one installation and moved to another: mappings with their rules, which CRM a deal belongs
 * to, and the commission plan. Only names in it: an id means another record, or none, in another org.
 */
export const Bundle = z.strictObject({
  tributary: z.literal('configuration'),
  format: z.literal(1),
  exportedAt: z.iso.datetime().optional(),
  connections: z.record(
    z.string().min(1),
    z.strictObject({
      vendor: z.string().min(1),
      /** For people: where it was exported from. */
      exportedFrom: z.string().optional(),
      mapping: z.record(z.string(), z.unknown()),
    }),
  ),
  recordRules: RecordRules.optional(),
  /** The text of the plan file: its numbers must not pass through a parser. */
  plan: z.string().optional(),
});
export type Bundle = z.infer<typeof Bundle>;

/** The file cannot be used; every reason, each naming where in the file it is. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly faults: readonly string[];

  constructor(file: string, faults: readonly string[]) {
    super(`${file} cannot be applied:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** @throws BundleError */
export function readBundle(text: string, file: string): Bundle {
  const result = Bundle.safeParse(parsed(text, file));
  if (!result.success)
    throw new BundleError(
      file,
      result.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`),
    );
  const ids = Object.entries(result.data.connections).flatMap(([id, { mapping }]) =>
    recordIdsIn(mapping, `connections.${id}.mapping`),
  );
  if (ids.length > 0) throw new BundleError(file, ids);
  return result.data;
}

function parsed(text: string, file: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new BundleError(file, [error instanceof Error ? error.message : String(error)]);
  }
}

/** 15 or 18 characters of a Salesforce record id: key prefix, then the rest with at least one digit among it. */
const recordId = /^[0-9A-Za-z]{3}[0-9A-Za-z]{9}[0-9A-Za-z]{3}(?:[A-Z0-5]{3})?$/;

/** A record id in a mapping means another record in another org. */
function recordIdsIn(value: unknown, at: string): string[] {
  if (typeof value === 'string')
    return recordId.test(value) &&
      /^(?:0[0-9A-Za-z]{2}|[0-9A-Za-z]0[0-9A-Za-z])/.test(value) &&
      /\d{3}/.test(value)
      ? [`${at}: "${value}" looks like a record id; write the record's name, which is the same in every org`]
      : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => recordIdsIn(inner, `${at}.${key}`));
}
