import type { IntakeResult } from '../intake-item.ts';

/** What became of a row. Each row has exactly one outcome. */
export type RowOutcome =
  'registered' | 'corrected' | 'changed' | 'unchanged' | 'ignoredOlder' | 'duplicate' | 'rejected';

export interface RejectedRow {
  line: number;
  ref: string | null;
  reasons: readonly string[];
}

/** What `tributary import --json` prints. The seven counts from `registered` to `rejected` add up to `rows`. */
export interface ImportReport {
  file: string;
  map: string;
  source: string;
  dryRun: boolean;
  rows: number;
  /** New deals, taken as they were. */
  registered: number;
  /** New deals, taken after the corrections counted below. */
  corrected: number;
  /** Deals known before, now with other facts. */
  changed: number;
  /** Deals known before, with the same facts. */
  unchanged: number;
  ignoredOlder: number;
  /** Rows that repeat an earlier row of the file. */
  duplicate: number;
  rejected: number;
  /** Deals this import approved. */
  approved: number;
  /** Each kind of correction, with the rows it was made on; a row may need several. */
  corrections: { correction: string; rows: number }[];
  /** Each reason, with its rows; a row may have several. */
  rejections: { reason: string; rows: number }[];
  rejectedRows: RejectedRow[];
  /** Where the rejected rows were written, with a column `reason`; null when there are none, or in a dry run. */
  rejectedFile: string | null;
  /** The rows that are deals now, by the stage they had in the file. */
  stages: Record<string, number>;
  partners: { created: string[]; known: string[] };
}

/** Counts while the rows go by. */
export interface ReportInProgress {
  report: ImportReport;
  corrections: Map<string, number>;
  rejections: Map<string, number>;
}

export function startReport(file: string, map: string, source: string, dryRun: boolean): ReportInProgress {
  const report: ImportReport = {
    file,
    map,
    source,
    dryRun,
    rows: 0,
    registered: 0,
    corrected: 0,
    changed: 0,
    unchanged: 0,
    ignoredOlder: 0,
    duplicate: 0,
    rejected: 0,
    approved: 0,
    corrections: [],
    rejections: [],
    rejectedRows: [],
    rejectedFile: null,
    stages: {},
    partners: { created: [], known: [] },
  };
  return { report, corrections: new Map(), rejections: new Map() };
}

export function countOutcome({ report }: ReportInProgress, outcome: Exclude<RowOutcome, 'rejected'>): void {
  report.rows += 1;
  report[outcome] += 1;
}

export function countCorrections(progress: ReportInProgress, corrections: readonly string[]): void {
  for (const note of corrections) progress.corrections.set(note, (progress.corrections.get(note) ?? 0) + 1);
}

export function countRejected(progress: ReportInProgress, row: RejectedRow): void {
  progress.report.rows += 1;
  progress.report.rejected += 1;
  progress.report.rejectedRows.push(row);
  for (const reason of row.reasons)
    progress.rejections.set(reason, (progress.rejections.get(reason) ?? 0) + 1);
}

export function finishReport(progress: ReportInProgress): ImportReport {
  const { report } = progress;
  report.corrections = byFrequency(progress.corrections).map(([correction, rows]) => ({ correction, rows }));
  report.rejections = byFrequency(progress.rejections).map(([reason, rows]) => ({ reason, rows }));
  report.rejectedRows.sort((a, b) => a.line - b.line);
  const counted =
    report.registered +
    report.corrected +
    report.changed +
    report.unchanged +
    report.ignoredOlder +
    report.duplicate +
    report.rejected;
  if (counted !== report.rows)
    throw new Error(`${report.rows} rows were read, but ${counted} are accounted for`);
  return report;
}

/** The reasons of a result that is a rejection, else null. */
export function reasonsAgainst(result: IntakeResult): string[] | null {
  if (result.outcome === 'refused') return [result.reason];
  if (result.outcome !== 'malformed') return null;
  return result.faults.map(({ pointer, detail }) => `${pointer.slice(1).replaceAll('/', '.')}: ${detail}`);
}

function byFrequency(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || a.localeCompare(b));
}
