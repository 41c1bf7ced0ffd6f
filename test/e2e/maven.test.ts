import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Rehearsal } from '../../src/app/programme/rehearse.ts';
import type { Reconciliation } from '../../src/app/reconcile.ts';
import type { ImportReport } from '../../src/deals/import/import-report.ts';
import { startTributary, temporaryDataDir, tributary } from './tributary-process.ts';

const shared = fileURLToPath(new URL('../../../shared/data/maven-crm/', import.meta.url));
const map = fileURLToPath(new URL('../../mappings/import/maven-crm.yaml', import.meta.url));
const lookups = ['accounts.csv', 'products.csv', 'sales_teams.csv'];
/** Enough for several batches of each CRM; the whole file goes the same way in about three minutes. */
const rowsMirrored = 900;

const present = existsSync(shared);
if (!present)
  console.warn('Skipped: the Maven CRM export is not beside this repository (../shared/data/maven-crm).');

let data: Awaited<ReturnType<typeof temporaryDataDir>>;
let env: Record<string, string>;

beforeAll(async () => {
  data = await temporaryDataDir();
  env = {
    TRIBUTARY_DATA_DIR: path.join(data.dir, 'data'),
    TRIBUTARY_HTTP_PORT: '19866',
    TRIBUTARY_MIRROR_TO: 'all',
    TRIBUTARY_SETTLE_SECONDS: '0',
  };
});
afterAll(() => data.remove());

async function firstRows(count: number): Promise<string> {
  const file = path.join(data.dir, 'sales_pipeline.csv');
  const text = await readFile(path.join(shared, 'sales_pipeline.csv'), 'utf8');
  await writeFile(
    file,
    text
      .split('\n')
      .slice(0, count + 1)
      .join('\n'),
  );
  for (const lookup of lookups) await copyFile(path.join(shared, lookup), path.join(data.dir, lookup));
  return file;
}

function accounted(report: ImportReport): number {
  return (
    report.registered +
    report.corrected +
    report.changed +
    report.unchanged +
    report.ignoredOlder +
    report.duplicate +
    report.rejected
  );
}

(present ? describe : describe.skip)('a real, dirty CRM export', () => {
  it('is accounted for row by row before anything is kept', async () => {
    const run = await tributary(
      ['import', path.join(shared, 'sales_pipeline.csv'), '--map', map, '--dry-run', '--json'],
      env,
    );
    const report = JSON.parse(run.stdout) as ImportReport;

    expect(run.code).toBe(0);
    expect(report.rows).toBe(8800);
    expect(accounted(report)).toBe(8800);
    expect(report.rejections.every(({ reason }) => reason.length > 0)).toBe(true);
    expect(report.corrections.length).toBeGreaterThan(0);
  }, 240_000);

  it('goes into both CRMs, and what was won there is paid, with no gap left', async () => {
    const server = await startTributary(['start'], { ...env, TRIBUTARY_LOG_LEVEL: 'error' });
    try {
      const imported = JSON.parse(
        (await tributary(['import', await firstRows(rowsMirrored), '--map', map, '--json'], env)).stdout,
      ) as ImportReport;
      expect(accounted(imported)).toBe(rowsMirrored);

      const rehearsed = await tributary(['rehearse', '--json'], env);
      const rehearsal = JSON.parse(rehearsed.stdout) as Rehearsal;
      expect(rehearsed.code).toBe(0);
      expect(rehearsal.won).toBeGreaterThan(0);

      const { connections } = rehearsal.reconciliation as Reconciliation;
      expect(connections.map(({ connection }) => connection).sort()).toEqual(['hubspot', 'salesforce']);
      for (const { counts } of connections) {
        expect(counts.mirrored).toBe(counts.approved);
        expect(counts.approved).toBeGreaterThanOrEqual(imported.approved);
        expect([counts.computed, counts.triggered, counts.acknowledged]).toEqual([
          counts.won,
          counts.won,
          counts.won,
        ]);
      }
      const won = connections.reduce((sum, { counts }) => sum + counts.won, 0);
      expect(won).toBeGreaterThanOrEqual(rehearsal.won);
    } finally {
      await server.interrupt();
    }
  }, 300_000);
});
