/** Registers the rows of a spreadsheet: every row ends as a deal, as a repeat of one, or as a rejection with reasons. */
import type { Database, Sql } from '../../platform/database/database.ts';
import { decideInTransaction } from '../decide-deals.ts';
import { acceptIntake } from '../intake.ts';
import type { IntakeResult } from '../intake-item.ts';
import type { DealContext } from '../ports.ts';
import { partnerIds } from '../store-deals.ts';
import { loadImportMap } from './import-map.ts';
import type { ImportMap } from './import-map.ts';
import {
  countCorrections,
  countOutcome,
  countRejected,
  finishReport,
  reasonsAgainst,
  startReport,
} from './import-report.ts';
import type { ImportReport, ReportInProgress, RowOutcome } from './import-report.ts';
import { checkColumns, loadLookups } from './load-lookups.ts';
import { rowMapper } from './map-row.ts';
import type { ImportedPartner, MappedRow, RowMapper } from './map-row.ts';
import { openCsv } from './read-rows.ts';
import type { CsvRow } from './read-rows.ts';
import { writeRejectedFile } from './rejected-file.ts';
import type { RejectedCells } from './rejected-file.ts';

export interface ImportRequest {
  file: string;
  mapFile: string;
  /** Show the same report and keep nothing. */
  dryRun: boolean;
  /** Who answers for the import; stored as the actor and, where the map approves, as the approver. */
  by: string;
  onProgress?: (bytesRead: number, bytesTotal: number) => void;
}

export interface ImportServices {
  db: Database;
  context: DealContext;
  /** Called in the transaction that registers the first deal of a partner that does not exist. */
  createPartner(tx: Sql, partner: ImportedPartner): Promise<void>;
}

interface Candidate {
  csv: CsvRow;
  row: MappedRow;
  corrections: readonly string[];
}

interface Import {
  map: ImportMap;
  request: ImportRequest;
  services: ImportServices;
  progress: ReportInProgress;
  rejected: RejectedCells[];
  /** First row of each ref: its line and its registration as text, to tell a repeat from a contradiction. */
  seen: Map<string, { line: number; text: string }>;
  partners: Set<string>;
}

const ROWS_PER_TRANSACTION = 500;

/** Ends a dry run: thrown inside its one transaction, so that nothing of it stays. */
class DryRunEnded extends Error {}

/**
 * Imports a CSV file. The same file again changes nothing: a row is known by the map's source and its ref. Rows are
 * committed 500 at a time; an import that breaks off goes on when it is run again.
 * @throws ImportRefused when the map or the file cannot be used; nothing was imported then
 */
export async function importDeals(request: ImportRequest, services: ImportServices): Promise<ImportReport> {
  const map = await loadImportMap(request.mapFile);
  const lookups = await loadLookups(map, request.file, request.mapFile);
  const { headings, rows } = await openCsv(request.file, map.delimiter, request.onProgress);
  checkColumns(map, headings, lookups);
  const running: Import = {
    map,
    request,
    services,
    progress: startReport(request.file, request.mapFile, map.source, request.dryRun),
    rejected: [],
    seen: new Map(),
    partners: new Set(),
  };
  const mapper = rowMapper(map, headings, lookups);
  if (request.dryRun) await importAndForget(running, rows, mapper);
  else await importAll(running, rows, mapper, (work) => services.db.transaction(work));
  const report = finishReport(running.progress);
  if (running.rejected.length > 0 && !request.dryRun) {
    report.rejectedFile = await writeRejectedFile(request.file, headings, running.rejected, map.delimiter);
  }
  return report;
}

async function importAndForget(
  running: Import,
  rows: AsyncIterable<CsvRow>,
  mapper: RowMapper,
): Promise<void> {
  const { services } = running;
  // What follows from an approval may reach beyond the transaction, so a dry run has none of it.
  const context = { ...services.context, outputs: { dealsChanged: async () => undefined } };
  const dry = { ...running, services: { ...services, context } };
  try {
    await services.db.transaction(async (tx) => {
      await importAll(dry, rows, mapper, (work) => work(tx));
      throw new DryRunEnded();
    });
  } catch (error) {
    if (!(error instanceof DryRunEnded)) throw error;
  }
}

async function importAll(
  running: Import,
  rows: AsyncIterable<CsvRow>,
  mapper: RowMapper,
  inTransaction: (work: (tx: Sql) => Promise<void>) => Promise<void>,
): Promise<void> {
  let batch: Candidate[] = [];
  const flush = async (): Promise<void> => {
    const candidates = batch;
    batch = [];
    if (candidates.length > 0) await inTransaction((tx) => importBatch(tx, running, candidates));
  };
  for await (const csv of rows) {
    const candidate = examine(running, csv, mapper);
    if (candidate !== null) batch.push(candidate);
    if (batch.length >= ROWS_PER_TRANSACTION) await flush();
  }
  await flush();
}

/** Null when the row is settled without the database. */
function examine(running: Import, csv: CsvRow, mapper: RowMapper): Candidate | null {
  if (csv.broken !== null) return reject(running, csv, null, [csv.broken]);
  const mapped = mapper(csv.cells);
  if (!mapped.ok) return reject(running, csv, mapped.ref, mapped.reasons);
  const { ref, registration } = mapped.row;
  const text = JSON.stringify(registration);
  const earlier = running.seen.get(ref);
  if (earlier === undefined) {
    running.seen.set(ref, { line: csv.line, text });
    return { csv, row: mapped.row, corrections: mapped.corrections };
  }
  if (earlier.text === text) {
    countOutcome(running.progress, 'duplicate');
    return null;
  }
  return reject(running, csv, ref, [`the ref of line ${earlier.line} again, with other values`]);
}

async function importBatch(tx: Sql, running: Import, batch: readonly Candidate[]): Promise<void> {
  const { services, map, request } = running;
  await ensurePartners(tx, running, batch);
  const source = { name: map.source, actor: request.by, imported: true };
  const items = batch.map(({ row }) => ({ registration: row.registration }));
  const results = await acceptIntake(tx, source, items, services.context);
  await approve(tx, running, batch, results);
  for (const [index, candidate] of batch.entries()) {
    const result = results[index];
    if (result === undefined) throw new Error('the intake lost a row');
    account(running, candidate, result);
  }
}

async function ensurePartners(tx: Sql, running: Import, batch: readonly Candidate[]): Promise<void> {
  const named = new Map(batch.map(({ row }) => [row.registration['partner'] as string, row.partner]));
  const open = [...named].filter(([key]) => !running.partners.has(key));
  if (open.length === 0) return;
  const known = await partnerIds(
    tx,
    open.map(([key]) => key),
  );
  const { partners } = running.progress.report;
  for (const [key, partner] of open) {
    if (known.has(key)) partners.known.push(key);
    else if (partner !== null) {
      await running.services.createPartner(tx, partner);
      partners.created.push(key);
    } else continue;
    running.partners.add(key);
  }
}

/** Also a deal that an earlier, unfinished import left submitted. One that a person decided on stays as decided. */
async function approve(
  tx: Sql,
  running: Import,
  batch: readonly Candidate[],
  results: readonly IntakeResult[],
): Promise<void> {
  const wanted = results.flatMap((result, index) =>
    batch[index]?.row.isApproved === true && 'dealId' in result ? [result.dealId] : [],
  );
  if (wanted.length === 0) return;
  const request = { decision: 'approve' as const, by: running.request.by };
  const decided = await decideInTransaction(tx, wanted, request, running.services.context);
  running.progress.report.approved += decided.filter((result) => result.outcome === 'done').length;
}

function account(running: Import, candidate: Candidate, result: IntakeResult): void {
  const reasons = reasonsAgainst(result);
  if (reasons !== null) {
    reject(running, candidate.csv, candidate.row.ref, reasons);
    return;
  }
  const { report } = running.progress;
  countOutcome(running.progress, outcomeOf(result, candidate.corrections));
  countCorrections(running.progress, candidate.corrections);
  const stage = candidate.row.registration['stage'];
  if (typeof stage === 'string') report.stages[stage] = (report.stages[stage] ?? 0) + 1;
}

function outcomeOf(result: IntakeResult, corrections: readonly string[]): Exclude<RowOutcome, 'rejected'> {
  switch (result.outcome) {
    case 'registered':
      return corrections.length > 0 ? 'corrected' : 'registered';
    case 'changed':
    case 'unchanged':
      return result.outcome;
    case 'ignored-older':
      return 'ignoredOlder';
    case 'repeated-event':
    case 'refused':
    case 'malformed':
      throw new Error(`an imported row cannot be "${result.outcome}" here`);
  }
}

function reject(running: Import, csv: CsvRow, ref: string | null, reasons: readonly string[]): null {
  countRejected(running.progress, { line: csv.line, ref, reasons });
  running.rejected.push({ line: csv.line, cells: csv.cells, reasons });
  return null;
}
