/** Random histories: deals with payments, invoices, refunds and cancellations, of partners alone or together. */
import fc from 'fast-check';
import { Input } from '../../src/commissions/engine/input.ts';

const cents = fc.integer({ min: 1, max: 9_000_000 }).map((n) => (n / 100).toFixed(2));
/** A day of 2025 or 2026. */
const day = fc
  .integer({ min: 0, max: 700 })
  .map((n) => new Date(Date.UTC(2025, 0, 1) + n * 86_400_000).toISOString().slice(0, 10));
const money = fc.array(fc.record({ at: day, amount: cents }), { maxLength: 3 });

const sharers = fc.oneof(
  fc.constantFrom('p', 'q', 'r').map((partner) => [{ partner, share: '100' }]),
  fc.integer({ min: 1, max: 9999 }).map((n) => [
    { partner: 'q', share: (n / 100).toFixed(2) },
    { partner: 'p', share: ((10_000 - n) / 100).toFixed(2) },
  ]),
  fc.constant([
    { partner: 'r', share: '33.34' },
    { partner: 'p', share: '33.33' },
    { partner: 'q', share: '33.33' },
  ]),
);

const deal = fc.record(
  {
    partners: sharers,
    amount: fc.option(cents, { nil: null, freq: 12 }),
    currency: fc.constantFrom('EUR', 'EUR', 'USD', 'JPY', 'CHF'),
    wonAt: day,
    cancelledAt: day,
    payments: money,
    invoices: money,
    refunds: money,
  },
  { requiredKeys: ['partners', 'amount', 'currency', 'wonAt'] },
);

/** p's parent is r. CHF has no rate: those deals are held. */
export const anyHistory: fc.Arbitrary<Input> = fc.array(deal, { minLength: 1, maxLength: 6 }).map((deals) =>
  Input.parse({
    deals: deals.map((one, index) => ({
      deal: `D${index}`,
      ...one,
      ...(one.cancelledAt !== undefined && one.cancelledAt < one.wonAt ? { cancelledAt: one.wonAt } : {}),
    })),
    partners: [{ partner: 'p', parent: 'r' }, { partner: 'q' }, { partner: 'r' }],
  }),
);

/** One partner, one month, in the plan's currency. */
export const oneMonth: fc.Arbitrary<Input> = fc
  .array(
    fc.record({
      amount: cents,
      wonAt: fc.integer({ min: 1, max: 28 }).map((n) => `2026-05-${String(n).padStart(2, '0')}`),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((deals) =>
    Input.parse({
      deals: deals.map((one, index) => ({ deal: `D${index}`, partner: 'p', currency: 'EUR', ...one })),
    }),
  );
