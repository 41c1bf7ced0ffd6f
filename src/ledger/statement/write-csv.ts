import { stringify, type Stringifier } from 'csv-stringify';
import { formatDecimal } from '../../platform/money.ts';
import type { StatementHead, StatementLine } from './read-statement.ts';

const columns = [
  ...['posted_at', 'transaction', 'kind', 'deal_ref', 'deal', 'won_on', 'amount', 'currency', 'id'],
  'explanation',
];

/**
 * A spreadsheet, one row a line of the statement (RFC 4180). Text that a spreadsheet would run as a formula gets a leading
 * apostrophe (OWASP ASVS 1.2.10): names of deals are other people's text. Amounts stay numbers, also negative ones.
 */
export async function* writeCsv(
  _head: StatementHead,
  lines: AsyncIterable<StatementLine>,
): AsyncGenerator<string> {
  const rows = stringify({ header: true, columns, escape_formulas: true, cast: { object: keepAmount } });
  for await (const line of lines) {
    const full = !rows.write(toRow(line));
    if (full) yield* drain(rows);
  }
  rows.end();
  yield* drain(rows);
}

/** An amount is ours, and a minus sign is no formula. */
interface Amount {
  amount: string;
}

function keepAmount(value: object): { value: string; escape_formulas: boolean } {
  return { value: (value as Amount).amount, escape_formulas: false };
}

function toRow(line: StatementLine): unknown[] {
  const amount: Amount = { amount: formatDecimal({ minor: line.amountMinor, currency: line.currency }) };
  return [
    line.postedAt.toISOString(),
    line.transaction.toString(),
    line.kind,
    line.dealRef,
    line.deal,
    line.wonAt.toISOString().slice(0, 10),
    amount,
    line.currency,
    line.id,
    line.explanation,
  ];
}

function* drain(rows: Stringifier): Generator<string> {
  for (let chunk: unknown = rows.read(); chunk !== null; chunk = rows.read()) yield String(chunk);
}
