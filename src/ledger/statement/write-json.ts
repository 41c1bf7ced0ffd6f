import { formatDecimal } from '../../platform/money.ts';
import type { Movement, StatementHead, StatementLine } from './read-statement.ts';

/** One JSON document, written as it is read. Amounts are exact decimal text. */
export async function* writeJson(
  head: StatementHead,
  lines: AsyncIterable<StatementLine>,
): AsyncGenerator<string> {
  const { partner, period, asOf, movements } = head;
  const about = { partner, period, asOf, movements: movements.map(inDecimals) };
  yield `${JSON.stringify(about).slice(0, -1)},"lines":[`;
  let separator = '';
  for await (const line of lines) {
    yield `${separator}${JSON.stringify(toItem(line))}`;
    separator = ',\n';
  }
  yield ']}\n';
}

function inDecimals({ currency, ...sums }: Movement): Record<string, string> {
  const amounts = Object.entries(sums).map(([name, minor]) => [name, formatDecimal({ minor, currency })]);
  return { currency, ...Object.fromEntries(amounts) };
}

function toItem({ amountMinor, transaction, wonAt, ...line }: StatementLine): object {
  return {
    ...line,
    transaction: transaction.toString(),
    wonOn: wonAt.toISOString().slice(0, 10),
    amount: formatDecimal({ minor: amountMinor, currency: line.currency }),
  };
}
