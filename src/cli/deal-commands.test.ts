import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { recordingContext, registration } from '../../test/fixtures/deals.ts';
import type { RecordingContext } from '../../test/fixtures/deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { acceptIntake } from '../deals/intake.ts';
import { LinkRefused } from '../partners/partner-links.ts';
import { runDecision } from './approve.ts';
import { creator, defaultImportMap, runImport } from './import.ts';
import type { Output } from './output.ts';
import { addPartner, confirmLink, listAll, showCandidates } from './partners.ts';

describe('the deal commands', () => {
  let test: TestDatabase;
  let folder: string;
  let context: RecordingContext;
  let said: { out: string[]; note: string[] };

  beforeAll(async () => {
    test = await createTestDatabase();
    folder = await mkdtemp(path.join(tmpdir(), 'tributary-cli-'));
    context = recordingContext();
    await addPartner('north', { name: 'North', tier: 'gold', by: 'kim' }, test.db, context, outputTo(true));
  });
  afterAll(async () => {
    await test.drop();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    context = recordingContext();
  });

  function outputTo(json: boolean): Output {
    const lines = { out: [] as string[], note: [] as string[] };
    said = lines;
    return { json, out: (text) => void lines.out.push(text), note: (text) => void lines.note.push(text) };
  }
  async function register(...refs: string[]): Promise<string[]> {
    const items = refs.map((ref) => ({ registration: registration(ref) }));
    const results = await test.db.transaction((tx) =>
      acceptIntake(tx, { name: 'cli', actor: 'test' }, items, context),
    );
    return results.map((result) => ('dealId' in result ? result.dealId : ''));
  }
  async function writeDeals(name: string, text: string): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  }
  function importing() {
    return { db: test.db, context, createPartner: creator(context.clock) };
  }

  it('imports with the map that comes with the product and prints one JSON document', async () => {
    const file = await writeDeals(
      'deals.csv',
      'ref,partner,company,currency,domain,first_name,last_name,email,product,amount\n' +
        'R-1,north,Acme,EUR,acme.com,Jo,Smith,jo@acme.com,GTX,12.50\nR-2,north,,EUR,,,,,,\n',
    );
    const code = await runImport(
      file,
      { map: defaultImportMap, by: 'kim', json: true },
      importing(),
      outputTo(true),
    );

    expect(code).toBe(0);
    expect(said.note).toEqual([]);
    expect(JSON.parse(said.out.join('\n'))).toMatchObject({
      rows: 2,
      registered: 1,
      rejected: 1,
      rejectedFile: path.join(folder, 'deals.rejected.csv'),
    });
  });

  it('tells a person what became of the rows', async () => {
    const file = await writeDeals('one.csv', 'ref,partner,company,currency\nR-9,nobody,Acme,EUR\n');
    await runImport(file, { map: defaultImportMap, by: 'kim', dryRun: true }, importing(), outputTo(false));
    expect(said.out).toEqual([
      '1 row (dry run: nothing was kept)',
      '       1  rejected',
      'Rejected because:',
      '       1  partner: no partner has the key "nobody"',
    ]);
  });

  it('exits with 2 when the file or the map cannot be used', async () => {
    const none = path.join(folder, 'none.csv');
    const codes = [
      await runImport(none, { map: defaultImportMap, by: 'kim' }, importing(), outputTo(true)),
      await runImport(none, { map: path.join(folder, 'none.yaml'), by: 'kim' }, importing(), outputTo(true)),
    ];
    expect(codes).toEqual([2, 2]);
    expect(said.out).toEqual([]);
    expect(said.note[0]).toMatch(/^The map cannot be read/);
  });

  it('approves by id and by filter, and exits with 1 when some were refused', async () => {
    const [one = '', two = ''] = await register('C-1', 'C-2');
    const request = { decision: 'approve' as const, by: 'kim' };
    const first = await runDecision({ ids: [one], all: false }, request, test.db, context, outputTo(true));
    expect([first, JSON.parse(said.out.join(''))]).toEqual([
      0,
      { decision: 'approve', by: 'kim', decided: 1, refused: [] },
    ]);
    const second = await runDecision({ ids: [one], all: false }, request, test.db, context, outputTo(false));
    expect([second, said.out, said.note]).toEqual([
      1,
      ['0 deals approved.'],
      [`${one}: The deal is approved; only a submitted deal can be approved.`],
    ]);
    const rest = { ids: [], all: false, source: 'cli', partner: 'north' };
    expect(await runDecision(rest, request, test.db, context, outputTo(false))).toBe(0);
    expect(said.out).toEqual(['1 deal approved.']);
    expect(context.changed).toEqual([[one], [two]]);
  });

  it.each([
    ['nothing', { ids: [], all: false }, /^Name deals by id, or/],
    ['ids and a filter', { ids: ['019c0000-0000-7000-8000-000000000000'], all: true }, /not both/],
    ['what is no id', { ids: ['R-1'], all: false }, /"R-1" is not a deal id/],
  ])('refuses a decision on %s', async (_what, selection, message) => {
    const request = { decision: 'reject' as const, by: 'kim', reason: 'no' };
    expect(await runDecision(selection, request, test.db, context, outputTo(false))).toBe(2);
    expect(said.note[0]).toMatch(message);
  });

  it('adds, lists and refuses partners', async () => {
    const added = await addPartner(
      'east',
      { name: 'East', email: 'e@e.test', by: 'kim' },
      test.db,
      context,
      outputTo(false),
    );
    const odd = await addPartner('-', { name: '', email: 'x', by: 'kim' }, test.db, context, outputTo(false));
    expect([added, odd]).toEqual([0, 2]);
    expect(said.note[0]).toMatch(/email/);
    const rewritten = await addPartner(
      'north',
      { name: 'North', tier: 'silver', by: 'kim' },
      test.db,
      context,
      outputTo(false),
    );
    expect([rewritten, said.note]).toEqual([2, [expect.stringContaining('was already set to "gold"')]]);
    await listAll(test.db, context.clock.now(), outputTo(false));
    expect(said.out).toEqual(['east: East, no tier, e@e.test', 'north: North, gold']);
  });

  it('shows candidates and confirms a link in the name of a person', async () => {
    const confirmed: string[][] = [];
    const links = {
      candidates: async (_key: string, connection: string) => {
        if (connection === 'nowhere') throw new LinkRefused('There is no connection "nowhere".', true);
        return connection === 'hubspot' ? [] : [{ crmId: '001', name: 'North', because: 'same name' }];
      },
      confirm: async (...link: string[]) => void confirmed.push(link),
    };
    expect(await showCandidates('north', 'salesforce', links, outputTo(false))).toBe(0);
    expect(said.out).toEqual(['001  North  (same name)']);
    expect(await showCandidates('north', 'hubspot', links, outputTo(false))).toBe(1);
    expect(await showCandidates('north', 'nowhere', links, outputTo(false))).toBe(2);
    const flags = { connection: 'salesforce', crmId: '001', by: 'kim' };
    expect(await confirmLink('north', flags, links, outputTo(false))).toBe(0);
    expect(confirmed).toEqual([['north', 'salesforce', '001', 'kim']]);
  });
});
