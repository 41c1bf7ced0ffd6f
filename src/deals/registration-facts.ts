import type { CheckedRegistration } from './check-registration.ts';
import { factColumns, viewAmount } from './deal.ts';
import type { DealFacts, DealProduct } from './deal.ts';
import type { ImportedRegistration } from './registration.ts';

type Product = ImportedRegistration['products'][number];
type Accepted = Extract<CheckedRegistration, { ok: true }>;

const DAY_MS = 86_400_000;

/**
 * The columns a registration fills. What it leaves open keeps `before`'s close date, so that a repeat without one
 * is no change; a new deal without one closes `closeAfterDays` after its registration, because no CRM takes an
 * opportunity without a close date.
 */
export function factsOf(
  accepted: Accepted,
  registeredAt: Date,
  closeAfterDays: number,
  before: Pick<DealFacts, 'expected_close_date'> | null,
): DealFacts {
  const { registration, amountMinor, partnerId } = accepted;
  const { contact } = registration;
  const company = registration.company ?? { name: [contact?.firstName, contact?.lastName].join(' ') };
  const products = registration.products.map(toProduct);
  return {
    partner_id: partnerId,
    name: registration.name ?? defaultName(company.name, products),
    company_name: company.name,
    company_domain: company.domain ?? null,
    company_country: company.country ?? null,
    company_sector: company.sector ?? null,
    contact_first_name: contact?.firstName ?? null,
    contact_last_name: contact?.lastName ?? null,
    contact_email: contact?.email ?? null,
    contact_phone: contact?.phone ?? null,
    products,
    amount_minor: amountMinor,
    currency: registration.currency,
    expected_close_date:
      registration.expectedCloseDate ?? before?.expected_close_date ?? dayAfter(registeredAt, closeAfterDays),
    source_stage: registration.stage ?? null,
  };
}

function toProduct({ name, code, quantity, unitPrice }: Product): DealProduct {
  return { name, quantity, ...(code ? { code } : {}), ...(unitPrice ? { unitPrice } : {}) };
}

/** The instant a registration counts from: an import may say the day, at most today; everything else counts from now. */
export function registeredAtOf(accepted: Accepted, now: Date): Date {
  const day = accepted.registration.registeredOn;
  if (day === undefined || day === null) return now;
  const start = new Date(`${day}T00:00:00.000Z`);
  return start < now ? start : now;
}

/** Which facts differ, with both values; a contact's only by name, because events outlive a person's data. */
export function differences(before: DealFacts, after: DealFacts): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  for (const column of factColumns) {
    if (comparable(before, column) === comparable(after, column)) continue;
    changes[column] = column.startsWith('contact_')
      ? 'changed'
      : { from: shown(before, column), to: shown(after, column) };
  }
  return changes;
}

/** A registration's facts as an event may keep them for ever: without the contact. */
export function lastingFacts(facts: DealFacts): Record<string, unknown> {
  const kept = factColumns.filter((column) => !column.startsWith('contact_'));
  return Object.fromEntries(kept.map((column) => [column, shown(facts, column)]));
}

export function dayAfter(instant: Date, days: number): string {
  return new Date(instant.getTime() + days * DAY_MS).toISOString().slice(0, 10);
}

function comparable(facts: DealFacts, column: (typeof factColumns)[number]): unknown {
  if (column !== 'products') return facts[column];
  // jsonb does not keep the order of names.
  return JSON.stringify(
    facts.products.map(({ name, quantity, code = '', unitPrice = '' }) => [name, quantity, code, unitPrice]),
  );
}

function shown(facts: DealFacts, column: (typeof factColumns)[number]): unknown {
  return column === 'amount_minor' ? viewAmount(facts) : facts[column];
}

function defaultName(company: string, products: readonly DealProduct[]): string {
  const names = products.map((product) => product.name).join(', ');
  const full = names === '' ? company : `${company} – ${names}`;
  return full.length <= 255 ? full : `${[...full].slice(0, 254).join('')}…`;
}
