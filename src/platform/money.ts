import { data as iso4217 } from 'currency-codes';

/** An amount in the smallest unit of its ISO 4217 currency: cents, yen, fils. Never a float. */
export interface Money {
  minor: bigint;
  currency: string;
}

/** An amount that cannot be taken as it stands. The message says which and why. */
export class MoneyError extends Error {
  override readonly name = 'MoneyError';
}

/** Currencies of ISO 4217 that the library's list of 2.2.0 lacks. */
const ADDED_LATER: ReadonlyArray<readonly [string, number]> = [['XCG', 2]];

const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...iso4217.map((entry) => [entry.code, entry.digits] as const),
  ...ADDED_LATER,
]);

/** ISO 4217's exponent: how many decimals the currency has (EUR 2, JPY 0, KWD 3). Throws for an unknown code. */
export function exponentOf(currency: string): number {
  const exponent = EXPONENTS.get(currency);
  if (exponent === undefined) throw new MoneyError(`"${currency}" is not an ISO 4217 currency code`);
  return exponent;
}

/**
 * Reads a plain decimal ("1234.5", "-0.07"; no separators, no exponent, no currency sign). Rejects more decimals
 * than the currency has rather than rounding: only a commission line rounds, once. Rejects what 64 bits of minor units
 * cannot hold: the database would fail on it, and with it the whole batch.
 */
export function parseMoney(decimal: string, currency: string): Money {
  const exponent = exponentOf(currency);
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (parts === null) throw new MoneyError(`"${decimal}" is not a decimal number`);
  const [, sign, whole = '', fraction = ''] = parts;
  // Zeros at the end say nothing; CRMs send "100.0000".
  const significant = fraction.replace(/0+$/, '');
  if (significant.length > exponent) {
    throw new MoneyError(
      `"${decimal}" has ${significant.length} decimals, ${currency} has ${exponent === 0 ? 'none' : exponent}`,
    );
  }
  const digits = BigInt(whole + significant.padEnd(exponent, '0'));
  const minor = sign === '-' ? -digits : digits;
  if (BigInt.asIntN(64, minor) !== minor)
    throw new MoneyError(`"${decimal}" ${currency} is more than can be stored`);
  return { minor, currency };
}

/** The amount as a plain decimal with exactly the currency's decimals: "1234.50", "-0.07", "500". */
export function formatDecimal(money: Money): string {
  const exponent = exponentOf(money.currency);
  const digits = (money.minor < 0n ? -money.minor : money.minor).toString().padStart(exponent + 1, '0');
  const sign = money.minor < 0n ? '-' : '';
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** Throws when the currencies differ: a conversion needs a rate, a source and a date. */
export function addMoney(a: Money, b: Money): Money {
  return { minor: a.minor + sameCurrency(a, b).minor, currency: a.currency };
}

/** Throws when the currencies differ: a conversion needs a rate, a source and a date. */
export function subtractMoney(a: Money, b: Money): Money {
  return { minor: a.minor - sameCurrency(a, b).minor, currency: a.currency };
}

function sameCurrency(a: Money, b: Money): Money {
  if (a.currency !== b.currency) {
    throw new MoneyError(`${a.currency} and ${b.currency} cannot be added or subtracted`);
  }
  return b;
}
