import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import type { AnyPlan } from './any-plan.ts';
import type { Fault } from './fault.ts';
import { FullPlan } from './language/full-plan.ts';
import { Plan } from './plan.ts';
import { findUnposted } from './refuse-unposted.ts';

export type { Fault } from './fault.ts';

export type ReadPlan = { plan: Plan; digest: string } | { faults: readonly Fault[] };
export type ReadAnyPlan = { plan: AnyPlan; digest: string } | { faults: readonly Fault[] };
export type ReadFullPlan = { plan: FullPlan } | { faults: readonly Fault[] };

/** The plan that ships with the product. */
export const DEFAULT_PLAN_FILE = fileURLToPath(new URL('./default-plan.yaml', import.meta.url));

/** Reads a plan file; every fault is reported, each with a JSON pointer. Rejects only when the file cannot be read. */
export async function readPlanFile(file: string): Promise<ReadPlan & { source: string }> {
  const source = await readFile(file, 'utf8');
  return { ...readPlan(source), source };
}

/**
 * Reads a plan written in YAML (or JSON). The failsafe schema keeps every scalar the text it was written as: a
 * rate of 12.10 never passes through a float.
 */
export function readPlan(source: string): ReadPlan {
  const document = parseDocument(source, { schema: 'failsafe', prettyErrors: true });
  if (document.errors.length > 0) {
    return { faults: document.errors.map((error) => ({ pointer: '', message: error.message })) };
  }
  const parsed = Plan.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (!parsed.success) return { faults: faultsOf(parsed.error) };
  return { plan: parsed.data, digest: digestOf(parsed.data) };
}

/** Reads a plan that is to be published: of either form, and nothing in it that the ledger cannot post. */
export function readPublishable(source: string): ReadAnyPlan {
  if (!isFullPlan(source)) return readPlan(source);
  const read = readFullPlan(source);
  if ('faults' in read) return read;
  const faults = findUnposted(read.plan);
  return faults.length > 0 ? { faults } : { plan: read.plan, digest: digestOf(read.plan) };
}

/** As `readPublishable`, with the text, which is kept for people. Rejects only when the file cannot be read. */
export async function readPublishableFile(file: string): Promise<ReadAnyPlan & { source: string }> {
  const source = await readFile(file, 'utf8');
  return { ...readPublishable(source), source };
}

/** Whether the text is a plan of the full language, which has rules. */
export function isFullPlan(source: string): boolean {
  const document = parseDocument(source, { schema: 'failsafe' });
  return document.errors.length === 0 && document.has('rules');
}

/** Reads a plan of the full language, as `readPlan` does a short one. */
export function readFullPlan(source: string): ReadFullPlan {
  const document = parseDocument(source, { schema: 'failsafe', prettyErrors: true });
  if (document.errors.length > 0)
    return { faults: document.errors.map((error) => ({ pointer: '', message: error.message })) };
  const parsed = FullPlan.safeParse(document.toJS({ maxAliasCount: 0 }));
  return parsed.success ? { plan: parsed.data } : { faults: faultsOf(parsed.error) };
}

export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.map((issue) => ({
    pointer: toPointer(issue.path),
    message: plainMessage(issue.message),
  }));
}

function plainMessage(message: string): string {
  return message.endsWith('received undefined') ? 'is missing' : message;
}

function toPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The same for the same content, however the file is laid out. */
function digestOf(plan: AnyPlan): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(plan)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
