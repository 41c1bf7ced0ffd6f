import type { CaseReport } from './report.ts';

/** Markdown, ratios first, so that it can go into docs/benchmarks.md as it is. */
export function tablesOf(reports: readonly CaseReport[]): string {
  return [ratioTable(reports), ...reports.map(callTable)].join('\n\n');
}

function ratioTable(reports: readonly CaseReport[]): string {
  return table(
    [
      'CRM',
      'latency',
      'queue',
      'time / bare',
      'with process start',
      'CPU / bare',
      'deal write calls / minimum',
      'deals/s (bare)',
      'seconds (bare)',
      'CPU s (bare)',
      'same records',
    ],
    reports.map((report) => [
      report.crm,
      `${report.latencyMs} ms`,
      report.queue,
      `**${report.timeRatio.toFixed(2)}**`,
      report.timeRatioWithStart.toFixed(2),
      report.cpuRatio.toFixed(2),
      report.dealWriteCallsPerMinimum.toFixed(2),
      `${report.dealsPerSecond.tributary} (${report.dealsPerSecond.bare})`,
      `${report.seconds.tributary.toFixed(1)} (${report.seconds.bare.toFixed(1)})`,
      `${report.cpuSeconds.tributary.toFixed(1)} (${report.cpuSeconds.bare.toFixed(1)})`,
      report.sameRecords ? 'yes' : 'NO',
    ]),
  );
}

function callTable(report: CaseReport): string {
  const { tributary, readingBack, bare } = report.callsPer1000;
  const endpoints = [
    ...new Set([...Object.keys(bare), ...Object.keys(tributary), ...Object.keys(readingBack)]),
  ];
  const shown = (calls: Record<string, number>, endpoint: string): string =>
    calls[endpoint] === undefined ? '' : String(calls[endpoint]);
  const sum = (calls: Record<string, number>): string =>
    (Math.round(Object.values(calls).reduce((all, one) => all + one, 0) * 10) / 10).toString();
  const title = `Calls per 1,000 deals: ${report.crm}, ${report.latencyMs} ms, ${report.queue}`;
  const rows = endpoints.map((endpoint) => [
    `\`${endpoint}\``,
    shown(tributary, endpoint),
    shown(readingBack, endpoint),
    shown(bare, endpoint),
  ]);
  const total = ['all', sum(tributary), sum(readingBack), sum(bare)];
  return `${title}\n\n${table(['endpoint', 'until mirrored', 'reading back afterwards', 'bare loop'], [...rows, total])}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
