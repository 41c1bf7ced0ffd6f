import type { ArmedFault } from '../faults/engine.ts';
import type { NumberedWrite } from '../journal/write-log.ts';
import type { DealRow, SandboxAdapter } from './adapter.ts';

/** Renders the sandbox's page: what a person would see if they could look into the CRM, and the weather. */
export function renderPage(adapter: SandboxAdapter): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(adapter.vendor)} sandbox</title><style>${STYLE}</style></head><body>
<header><h1>${text(adapter.vendor)} sandbox</h1>
<p>${countsLine(adapter.counts())}</p>
<p>${text(adapter.clock.now().toISOString())} ${clockButtons()} · <a href="/requests">requests</a> · <a href="/api">all calls</a></p></header>
<main>
<section><h2>Weather</h2>${armedTable(adapter.faults.list())}${presetList(adapter)}</section>
<section><h2>Newest deals</h2>${dealTable(adapter.deals(50))}</section>
<section><h2>Last committed writes</h2>${writeTable(adapter.writes.newest(50))}</section>
</main></body></html>`;
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 75rem; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
header p { margin: .2rem 0 0; opacity: .85; }
section { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); vertical-align: top; }
td.amount { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-size: .85em; overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .4rem 0; }
form { display: inline; } button { font: inherit; padding: .1rem .5rem; cursor: pointer; }
`;

const HOUR_MS = 3_600_000;

function countsLine(counts: Record<string, number>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([object, count]) => `<a href="/records/${encodeURIComponent(object)}">${text(object)}</a> ${count}`)
    .join(' · ');
}

function button(action: string, label: string, fields: Record<string, string> = {}): string {
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${text(name)}" value="${text(value)}">`,
  );
  return `<form method="post" action="${text(action)}">${hidden.join('')}<button>${text(label)}</button></form>`;
}

function clockButtons(): string {
  const steps = { 'an hour on': HOUR_MS, 'a day on': 24 * HOUR_MS };
  return Object.entries(steps)
    .map(([label, ms]) => button('/clock', label, { advanceMs: String(ms) }))
    .join(' ');
}

function armedTable(armed: readonly ArmedFault[]): string {
  if (armed.length === 0) return '<p>Calm: no faults.</p>';
  const rows = armed.map(
    ({ id, name, match, when, fault, hits }) =>
      `<tr><td>${text(name ?? '')}</td><td><code>${text(JSON.stringify(fault))}</code></td>
<td><code>${text(JSON.stringify({ ...match, ...when }))}</code></td><td>${hits}</td><td>${button(`/faults/${id}/remove`, 'off')}</td></tr>`,
  );
  return `<table><thead><tr><th>Name</th><th>What happens</th><th>To which requests</th><th>Struck</th><th>${button('/faults/clear', 'all off')}</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function presetList({ faultPresets }: SandboxAdapter): string {
  const rows = Object.entries(faultPresets).map(
    ([name, { about }]) =>
      `<tr><td>${button(`/faults/preset/${encodeURIComponent(name)}`, name)}</td><td>${text(about)}</td></tr>`,
  );
  return `<details><summary>Raise a bad day</summary><table>${rows.join('')}</table></details>`;
}

function dealTable(deals: DealRow[]): string {
  if (deals.length === 0) return '<p>No deals yet.</p>';
  const rows = deals.map(
    (deal) => `<tr><td>${text(deal.name)}<br><code>${text(deal.id)}</code></td><td>${text(deal.account)}</td>
<td>${text(deal.sourcedBy)}</td><td>${text(deal.stage)}</td><td class="amount">${text(deal.amount)}</td><td>${dealButtons(deal)}</td></tr>`,
  );
  return `<table><thead><tr><th>Deal</th><th>Account</th><th>Sourced by</th><th>Stage</th><th>Amount</th><th>Act as a rep</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function dealButtons(deal: DealRow): string {
  const actions = [...(deal.closed ? ['reopen'] : ['win', 'lose']), 'delete'];
  return actions.map((action) => button('/play', action, { id: deal.id, action })).join(' ');
}

function writeTable(writes: NumberedWrite[]): string {
  if (writes.length === 0) return '<p>Nothing written yet.</p>';
  const rows = writes.map(
    (
      write,
    ) => `<tr><td>${write.seq}</td><td>${text(write.at)}</td><td>${text(write.op)} ${text(write.object)}<br><code>${text(write.id)}</code></td>
<td>${text(write.origin)} ${text(write.client)}</td><td><code>${text(JSON.stringify(write.fields))}</code></td></tr>`,
  );
  return `<table><thead><tr><th>#</th><th>When</th><th>What</th><th>Who</th><th>Fields</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function text(value: string): string {
  return value.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);
}
