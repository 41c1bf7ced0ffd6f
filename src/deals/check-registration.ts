import type { z } from 'zod';
import { MoneyError, parseMoney } from '../platform/money.ts';
import { ImportedRegistration, isCurrency, isPlainDecimal, Registration } from './registration.ts';
import { findTextFaults, pointerTo, readableStep } from './text-faults.ts';
import type { Fault } from './text-faults.ts';

export type CheckedRegistration =
  | { ok: true; registration: ImportedRegistration; amountMinor: bigint | null; partnerId: string }
  | { ok: false; faults: Fault[] };

export interface CheckOptions {
  /** Ids of the partners that exist, by key. */
  partners: ReadonlyMap<string, string>;
  /** The fields only an import may use are known. */
  imported: boolean;
}

/** Finds every fault at once, whatever door the registration came through. One rule for HTTP, PRM and spreadsheet. */
export function checkRegistration(raw: unknown, options: CheckOptions): CheckedRegistration {
  const parsed = (options.imported ? ImportedRegistration : Registration).safeParse(raw);
  const amount = checkAmount(raw);
  const partner = findPartner(raw, options.partners);
  const faults = firstPerPointer([
    ...findTextFaults(raw),
    ...(parsed.success ? [] : faultsOfIssues(parsed.error.issues)),
    ...amount.faults,
    ...checkPrices(raw),
    ...(parsed.success ? checkCustomer(parsed.data) : []),
    ...partner.faults,
  ]);
  if (!parsed.success || partner.id === null || faults.length > 0) return { ok: false, faults };
  return { ok: true, registration: parsed.data, amountMinor: amount.minor, partnerId: partner.id };
}

/** The partner a registration names, if it names one in a readable way. */
export function namedPartner(raw: unknown): string | null {
  const partner = fieldOf(raw, 'partner');
  return typeof partner === 'string' &&
    partner.trim() !== '' &&
    partner.isWellFormed() &&
    !partner.includes('\u0000')
    ? partner.trim()
    : null;
}

/** Without a company the contact is the customer. */
function checkCustomer({ company, contact }: ImportedRegistration): Fault[] {
  if (company || (contact?.firstName && contact.lastName)) return [];
  const detail = contact
    ? 'is required, or the first and last name of the contact, who is the customer then'
    : 'is required';
  return [{ pointer: '/company', detail }];
}

/** As for the amount, product by product. */
function checkPrices(raw: unknown): Fault[] {
  const products = fieldOf(raw, 'products');
  if (!Array.isArray(products)) return [];
  return products.flatMap((product, index) => {
    const priced = { amount: fieldOf(product, 'unitPrice'), currency: fieldOf(raw, 'currency') };
    return checkAmount(priced).faults.map(({ detail }) => ({
      pointer: `/products/${index}/unitPrice`,
      detail,
    }));
  });
}

/** Whether the decimals fit the currency; both must be readable for that, their own faults are found elsewhere. */
function checkAmount(raw: unknown): { minor: bigint | null; faults: Fault[] } {
  const amount = fieldOf(raw, 'amount');
  const currency = fieldOf(raw, 'currency');
  if (typeof amount !== 'string' || typeof currency !== 'string') return { minor: null, faults: [] };
  if (!isPlainDecimal(amount) || !isCurrency(currency)) return { minor: null, faults: [] };
  try {
    return { minor: parseMoney(amount, currency).minor, faults: [] };
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
    return { minor: null, faults: [{ pointer: '/amount', detail: error.message }] };
  }
}

function findPartner(
  raw: unknown,
  partners: ReadonlyMap<string, string>,
): { id: string | null; faults: Fault[] } {
  const key = namedPartner(raw);
  if (key === null) return { id: null, faults: [] };
  const id = partners.get(key);
  if (id !== undefined) return { id, faults: [] };
  return {
    id: null,
    faults: [{ pointer: '/partner', detail: `no partner has the key "${key.slice(0, 64)}"` }],
  };
}

/** One fault per pointer: an unknown field is named by its own pointer, not by that of its parent. */
export function faultsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: pointerTo([...path, readableStep(key)]),
        detail: 'is not a known field',
      }));
    }
    return [{ pointer: pointerTo(path), detail: plainDetail(issue) }];
  });
}

function plainDetail(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) return issue.message;
  return issue.input === undefined && issue.message.endsWith('received undefined')
    ? 'is required'
    : issue.message.replace('Invalid input: expected', 'must be of type');
}

function firstPerPointer(faults: readonly Fault[]): Fault[] {
  const seen = new Map<string, Fault>();
  for (const fault of faults) if (!seen.has(fault.pointer)) seen.set(fault.pointer, fault);
  return [...seen.values()];
}

function fieldOf(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null && Object.hasOwn(raw, name)
    ? (raw as Record<string, unknown>)[name]
    : undefined;
}
