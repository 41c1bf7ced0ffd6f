import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { addPartner, recordingContext } from '../../../test/fixtures/deals.ts';
import type { RecordingContext } from '../../../test/fixtures/deals.ts';
import { createTestDatabase } from '../../../test/services/database.ts';
import type { TestDatabase } from '../../../test/services/database.ts';
import { importDeals } from './import-deals.ts';
import type { ImportServices } from './import-deals.ts';
import type { ImportReport } from './import-report.ts';

const repository = path.resolve(import.meta.dirname, '../../..');
const maven = path.resolve(repository, '../shared/data/maven-crm');

const map = `
source: SOURCE
lookups:
  prices: { file: prices.csv, key: product, by: product, otherwise: not on the price list }
corrections:
  - { column: product, values: { GTXPro: GTX Pro }, note: product name put right }
  - { column: prices.series, values: { gxt: GTX }, note: series put right }
partner: { key: { value: { column: partner }, otherwise: no partner } }
ref: { value: { column: id }, otherwise: no id }
company: { value: { column: customer }, otherwise: no customer }
currency: { constant: EUR }
products: [{ name: { column: product }, quantity: { column: quantity } }]
fields:
  company.sector: { column: prices.series }
  contact.lastName: { column: contact }
  contact.email: { column: email }
  amount: { first: [{ column: amount, decimal: ',', thousands: '.' }, { column: prices.price, correction: price list }] }
  expectedCloseDate: { column: close, dates: [DD.MM.YYYY, YYYY-MM-DD] }
  stage: { column: stage }
status: { column: stage, approved: [won], submitted: [open] }
`;
const heading = 'id,partner,customer,contact,email,product,quantity,amount,close,stage';

describe('src/deals/import', () => {
  let test: TestDatabase;
  let folder: string;
  let context: RecordingContext;
  let services: ImportServices;
  let run = 0;

  beforeAll(async () => {
    test = await createTestDatabase();
    await addPartner(test.db, 'north');
    folder = await mkdtemp(path.join(tmpdir(), 'tributary-import-'));
    await writeFile(path.join(folder, 'prices.csv'), 'product,series,price\nGTX Pro,gxt,4821\nMG,MG,55\n');
  });
  afterAll(async () => {
    await test.drop();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    context = recordingContext();
    run += 1;
    services = {
      db: test.db,
      context,
      createPartner: async (tx, partner) => void (await addPartner(tx, partner.key, { name: partner.name })),
    };
  });

  async function importRows(
    rows: string[],
    change: { dryRun?: boolean; map?: string } = {},
  ): Promise<ImportReport> {
    const file = path.join(folder, `deals-${run}.csv`);
    const mapFile = path.join(folder, `map-${run}.yaml`);
    await writeFile(file, `\uFEFF${[heading, ...rows].join('\r\n')}\r\n`);
    await writeFile(mapFile, (change.map ?? map).replace('SOURCE', `sheet-${run}`));
    return importDeals({ file, mapFile, dryRun: change.dryRun ?? false, by: 'kim' }, services);
  }
  function stored() {
    return test.db.query<{ source_ref: string }>(
      `SELECT source_ref, status, version, amount_minor, expected_close_date, company_sector, source_stage, products
         FROM deals WHERE source = $1 ORDER BY source_ref`,
      [`sheet-${run}`],
    );
  }

  const good = 'D-1,north,Acme,,,MG,2,"1.234,50",31.12.2026,open';

  it('takes good rows in, corrects what the map knows, and says so', async () => {
    const report = await importRows([
      good,
      'D-2,north,"Acme, ""the"" Ltd",Smith,jo@acme.com, GTXPro ,1,,2026-11-30,won',
      '',
      '"D-3",north,"two\nlines",,,MG,1,"10,00",,open',
    ]);

    expect(report).toMatchObject({
      rows: 3,
      registered: 2,
      corrected: 1,
      rejected: 0,
      approved: 1,
      rejectedFile: null,
      stages: { open: 2, won: 1 },
      partners: { created: [], known: ['north'] },
    });
    expect(report.corrections).toEqual([
      { correction: 'close: date written as YYYY-MM-DD instead of DD.MM.YYYY', rows: 1 },
      { correction: 'price list', rows: 1 },
      { correction: 'product name put right', rows: 1 },
      { correction: 'series put right', rows: 1 },
      { correction: 'surrounding spaces removed', rows: 1 },
    ]);
    expect(await stored()).toMatchObject([
      { source_ref: 'D-1', status: 'submitted', amount_minor: 123450n, expected_close_date: '2026-12-31' },
      {
        source_ref: 'D-2',
        status: 'approved',
        amount_minor: 482100n,
        expected_close_date: '2026-11-30',
        company_sector: 'GTX',
        source_stage: 'won',
        products: [{ name: 'GTX Pro', quantity: 1 }],
      },
      { source_ref: 'D-3', expected_close_date: '2026-05-31' },
    ]);
    expect(context.changed).toHaveLength(1);
  });

  it('brings bad rows back as a file with every reason, safe to open in a spreadsheet', async () => {
    const report = await importRows([
      good,
      ',,,,,Nothing,x,a,31.02.2026,lost',
      'D-2,nobody,=cmd(),,,MG,1,"1,234",31.12.2026,open',
      'D-3,north,@acme,Smith,not-an-address,MG,1,5,31.12.2026,open',
      'D-4,north,Acme,,,MG,1,5',
      'D-5,north,Bad\u0000Name,,,MG,1,5,31.12.2026,open',
      'D-1,north,Another,,,MG,1,5,31.12.2026,open',
      good,
    ]);

    expect(report).toMatchObject({ rows: 8, registered: 1, duplicate: 1, rejected: 6 });
    expect(report.rejectedRows.map(({ line, ref, reasons }) => [line, ref, reasons])).toEqual([
      [
        3,
        null,
        [
          'not on the price list: "Nothing"',
          'no id',
          'no customer',
          'no partner',
          'close: "31.02.2026" is not a date of the form DD.MM.YYYY or YYYY-MM-DD',
          'quantity: "x" is not a whole number',
          'stage: the map does not say what "lost" means',
        ],
      ],
      [4, 'D-2', ['amount: "1.234" has 3 decimals, EUR has 2', 'partner: no partner has the key "nobody"']],
      [5, 'D-3', ['contact.email: is not an e-mail address']],
      [6, null, ['the row has 8 cells, the heading has 10']],
      [7, 'D-5', ['company.name: holds a NUL character']],
      [8, 'D-1', ['the ref of line 2 again, with other values']],
    ]);
    const written = await readFile(report.rejectedFile ?? '', 'utf8');
    expect(report.rejectedFile).toBe(path.join(folder, `deals-${run}.rejected.csv`));
    expect(written.split('\n')[0]).toBe(`${heading},reason`);
    expect(written).toContain("D-2,nobody,'=cmd(),");
    expect(written).toContain("D-3,north,'@acme,");
    expect(written.trim().split('\n')).toHaveLength(7);
  });

  it('takes its own file of rejected rows, put right, and finds the guarded values as they were', async () => {
    await importRows(['D-1,north,+49 Club,Smith,not-an-address,MG,1,5,31.12.2026,open']);
    const rejected = await readFile(path.join(folder, `deals-${run}.rejected.csv`), 'utf8');
    const file = path.join(folder, `again-${run}.csv`);
    await writeFile(file, rejected.replace('not-an-address', 'jo@acme.com'));
    const mapFile = path.join(folder, `map-${run}.yaml`);
    const report = await importDeals({ file, mapFile, dryRun: false, by: 'kim' }, services);

    expect(report).toMatchObject({ rows: 1, corrected: 1 });
    const [deal] = await test.db.query('SELECT company_name FROM deals WHERE source = $1', [`sheet-${run}`]);
    expect(deal).toEqual({ company_name: '+49 Club' });
  });

  it('goes on after a torn quote and accounts for what it swallowed', async () => {
    const report = await importRows([
      good,
      'D-2,north,"Ac"me,,,MG,1,5,31.12.2026,open',
      good.replace('D-1', 'D-3'),
    ]);

    expect(report).toMatchObject({ rows: 3, registered: 2, rejected: 1 });
    expect(report.rejections[0]?.reason).toBe('the row cannot be read: text follows a closing quote');
  });

  it('says so when a quote is never closed, and keeps the rows before it', async () => {
    const report = await importRows([
      good,
      'D-2,north,"Acme,,,MG,1,5,31.12.2026,open',
      'D-3,north,Acme,,,MG,1,5,31.12.2026,open',
    ]);

    expect(report).toMatchObject({ rows: 2, registered: 1, rejected: 1 });
    expect(report.rejections[0]?.reason).toBe(
      'a quote opened here is never closed; lines after it that were swallowed: 1',
    );
  });

  it('rejects a row that is not UTF-8 instead of storing a wrong name', async () => {
    const file = path.join(folder, `latin-${run}.csv`);
    const mapFile = path.join(folder, `map-${run}.yaml`);
    await writeFile(mapFile, map.replace('SOURCE', `sheet-${run}`));
    await writeFile(file, Buffer.from(`${heading}\n${good.replace('Acme', 'Caf\u00e9')}\n`, 'latin1'));
    const report = await importDeals({ file, mapFile, dryRun: false, by: 'kim' }, services);
    expect(report.rejections).toEqual([{ reason: 'the row is not valid UTF-8', rows: 1 }]);
  });

  it('changes nothing when the same file is imported again, and only what changed in another', async () => {
    await importRows([good, good.replace('D-1', 'D-2')]);
    const again = await importRows([good, good.replace('D-1', 'D-2')]);
    const changed = await importRows([good, good.replace('D-1', 'D-2').replace('Acme', 'Acme Group')]);

    expect(again).toMatchObject({ rows: 2, unchanged: 2, registered: 0, corrected: 0 });
    expect(changed).toMatchObject({ rows: 2, unchanged: 1, changed: 1 });
    expect(await stored()).toMatchObject([{ version: 1 }, { version: 2 }]);
  });

  it('shows the same report in a dry run and keeps nothing, not even a file', async () => {
    const rows = [
      good,
      good.replace('D-1', 'D-2').replace('open', 'won'),
      'D-3,nobody,Acme,,,MG,1,5,31.12.2026,open',
    ];
    const dry = await importRows(rows, { dryRun: true });

    expect(await stored()).toEqual([]);
    expect(existsSync(path.join(folder, `deals-${run}.rejected.csv`))).toBe(false);
    expect(context.changed).toEqual([]);
    const real = await importRows(rows);
    expect({ ...dry, dryRun: false, rejectedFile: real.rejectedFile }).toEqual(real);
  });

  it('approves on the next run what an unfinished one left, but not against a decision', async () => {
    const rows = [good, good.replace('D-1', 'D-2')];
    await importRows(rows);
    await test.db.query("UPDATE deals SET status = 'rejected' WHERE source = $1 AND source_ref = 'D-2'", [
      `sheet-${run}`,
    ]);
    const eager = map.replace('approved: [won], submitted: [open]', 'approved: [open]');
    const report = await importRows(rows, { map: eager });

    expect(report).toMatchObject({ unchanged: 2, approved: 1 });
    expect(await stored()).toMatchObject([{ status: 'approved' }, { status: 'rejected' }]);
  });

  it.each([
    [
      'a column that is not there',
      map.replace('column: id', 'column: identity'),
      /columns that are not there: identity\./,
    ],
    [
      'a field nobody knows',
      map.replace('stage: { column: stage }\nstatus', 'stag: { column: stage }\nstatus'),
      /stag/,
    ],
    ['no YAML', 'a: [', /is not YAML/],
    [
      'a look-up file that is missing',
      map.replace('prices.csv', 'missing.csv'),
      /missing\.csv is in none of/,
    ],
  ])('refuses a map with %s before it reads a row', async (_what, faulty, message) => {
    await expect(importRows([good], { map: faulty })).rejects.toThrow(message);
    expect(await stored()).toEqual([]);
  });

  const mavenCase = existsSync(maven) ? it : it.skip;
  mavenCase(
    existsSync(maven)
      ? 'accounts for all 8,800 rows of the Maven export'
      : `accounts for all 8,800 rows of the Maven export (skipped: ${maven} is not there)`,
    async () => {
      const copy = path.join(folder, 'maven');
      await cp(maven, copy, { recursive: true });
      await chmod(copy, 0o755);
      const file = path.join(copy, 'sales_pipeline.csv');
      const mapFile = path.join(repository, 'mappings/import/maven-crm.yaml');
      const report = await importDeals({ file, mapFile, dryRun: false, by: 'kim' }, services);

      expect(report).toMatchObject({
        rows: 8800,
        duplicate: 0,
        changed: 0,
        unchanged: 0,
        rejected: 1425,
        approved: 7375,
        stages: { Won: 4238, Lost: 2473, Engaging: 501, Prospecting: 163 },
        rejections: [{ reason: 'the account is missing, and a deal needs a customer', rows: 1425 }],
      });
      expect(report.registered + report.corrected).toBe(7375);
      expect(report.partners.created.sort()).toEqual(['central', 'east', 'west']);
      expect(report.corrections.map((correction) => correction.correction)).toEqual(
        expect.arrayContaining([
          'amount: taken from the price list',
          'product: "GTXPro" is "GTX Pro"',
          'sector: "technolgy" is "technology"',
        ]),
      );
      const rejected = (await readFile(report.rejectedFile ?? '', 'utf8')).trim().split('\n');
      expect(rejected).toHaveLength(1426);
      await expectAmountsOf(file);
      const again = await importDeals({ file, mapFile, dryRun: false, by: 'kim' }, services);
      expect(again).toMatchObject({ rows: 8800, unchanged: 7375, rejected: 1425, approved: 0 });
    },
  );

  /** Counted from the file by other means: the value of what was won is in the deals, to the cent. */
  async function expectAmountsOf(file: string): Promise<void> {
    const lines = (await readFile(file, 'utf8')).trim().split(/\r?\n/).slice(1);
    const won = lines.map((line) => line.split(',')).filter((cells) => cells[4] === 'Won');
    const total = won.reduce((sum, cells) => sum + BigInt(cells[7] ?? '0') * 100n, 0n);
    const [counted] = await test.db.query<{ won: string; priceless: bigint }>(
      `SELECT sum(amount_minor) FILTER (WHERE source_stage = 'Won') AS won,
              count(*) FILTER (WHERE amount_minor IS NULL OR expected_close_date IS NULL) AS priceless
         FROM deals WHERE source = 'maven-crm'`,
    );
    expect(counted).toEqual({ won: total.toString(), priceless: 0n });
  }
});
