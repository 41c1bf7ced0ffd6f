import { escapeHtml } from '../../platform/escape-html.ts';
import { formatAmount, formatDay, localesOf, type Locales } from '../../platform/local-formats.ts';
import type { Movement, StatementHead, StatementLine } from './read-statement.ts';

const style = `
:root { font: 15px/1.5 system-ui, sans-serif; color: #1b2430; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d9dfe6; vertical-align: top; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.soft { color: #5a6675; }
@media print { body { margin: 0; max-width: none; } thead { display: table-header-group; } tr { break-inside: avoid; } }`;

const kinds: Record<StatementLine['kind'], string> = {
  accrued: 'earned',
  adjusted: 'changed',
  reversed: 'taken back',
  triggered: 'payout',
  'taken-back': 'payout taken back',
};

/** A page to print or to keep as PDF: no script, nothing loaded from elsewhere. Amounts and days as the partner's country writes them. */
export async function* writeHtml(
  head: StatementHead,
  lines: AsyncIterable<StatementLine>,
): AsyncGenerator<string> {
  const locales = localesOf(head.partner.country);
  yield top(head, locales);
  yield head.movements.length === 0
    ? '<p>Nothing was earned or paid out by the end of this period.</p>'
    : movements(head.movements, locales);
  if (head.lines > 0) {
    yield `<h2>Entries</h2>\n<table><thead><tr><th>Posted</th><th>What</th><th>Deal</th><th>Won</th><th class="amount">Amount</th><th>Why</th></tr></thead><tbody>\n`;
    for await (const line of lines) yield row(line, locales);
    yield '</tbody></table>\n';
  }
  yield '</body></html>\n';
}

function top({ partner, period, asOf, lines }: StatementHead, locales: Locales): string {
  const title = `Commission statement ${period.name}: ${partner.name}`;
  const lastDay = new Date(period.to.getTime() - 1);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(formatDay(period.from, locales))} to ${escapeHtml(formatDay(lastDay, locales))}, in UTC. Partner <b>${escapeHtml(partner.key)}</b>, ${lines} entries.
<span class="soft">As posted until ${escapeHtml(asOf.toISOString())}${asOf < period.to ? '; the period has not ended' : ''}.</span></p>
`;
}

function movements(all: readonly Movement[], locales: Locales): string {
  const columns = ['opening', 'earned', 'changed', 'takenBack', 'triggered', 'closing'] as const;
  const names = ['Open before', 'Earned', 'Changed', 'Taken back', 'Told to pay out', 'Open after'];
  const cells = (each: Movement): string =>
    columns
      .map(
        (name) => `<td class="amount">${escapeHtml(formatAmount(each[name], each.currency, locales))}</td>`,
      )
      .join('');
  const body = all.map((each) => `<tr><td>${escapeHtml(each.currency)}</td>${cells(each)}</tr>`).join('\n');
  const header = names.map((name) => `<th class="amount">${name}</th>`).join('');
  return `<h2>Sums</h2>\n<table><thead><tr><th>Currency</th>${header}</tr></thead><tbody>\n${body}\n</tbody></table>\n`;
}

function row(line: StatementLine, locales: Locales): string {
  const { postedAt, kind, deal, dealRef, wonAt, currency, amountMinor, explanation } = line;
  return `<tr><td>${escapeHtml(formatDay(postedAt, locales))}</td><td>${kinds[kind]}</td><td>${escapeHtml(deal)}<br><span class="soft">${escapeHtml(dealRef)}</span></td><td>${escapeHtml(formatDay(wonAt, locales))}</td><td class="amount">${escapeHtml(formatAmount(amountMinor, currency, locales))}</td><td>${escapeHtml(explanation)}</td></tr>\n`;
}
