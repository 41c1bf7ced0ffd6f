import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { addPartner, recordingContext, registration } from '../../test/fixtures/deals.ts';
import type { RecordingContext } from '../../test/fixtures/deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { decideDeals } from './decide-deals.ts';
import { acceptIntake } from './intake.ts';
import type { IntakeItem, IntakeResult } from './intake-item.ts';
import { dealHistory, findDeal } from './read-deals.ts';

describe('src/deals/intake', () => {
  let test: TestDatabase;
  let context: RecordingContext;
  let run = 0;

  beforeAll(async () => {
    test = await createTestDatabase();
    await addPartner(test.db, 'north');
    await addPartner(test.db, 'south');
  });
  afterAll(() => test.drop());
  beforeEach(() => {
    context = recordingContext();
    run += 1;
  });

  function accept(...items: IntakeItem[]): Promise<IntakeResult[]> {
    const source = { name: `source-${run}`, actor: 'test' };
    return test.db.transaction((tx) => acceptIntake(tx, source, items, context));
  }
  async function acceptOne(item: IntakeItem): Promise<IntakeResult> {
    const [result] = await accept(item);
    if (result === undefined) throw new Error('no result');
    return result;
  }
  async function kindsOf(id: string): Promise<string[]> {
    return (await dealHistory(test.db, id)).map((event) => `${event.kind}@${event.version}`);
  }
  function idOf(result: IntakeResult | undefined): string {
    if (result === undefined || !('dealId' in result)) throw new Error(JSON.stringify(result));
    return result.dealId;
  }

  it('registers a deal with its values normalised and a close date when none was given', async () => {
    const id = idOf(await acceptOne({ registration: registration('A-1') }));

    expect(await findDeal(test.db, id)).toMatchObject({
      status: 'submitted',
      version: 1,
      partner_key: 'north',
      name: 'Acme Ltd – GTX Pro',
      company_domain: 'acme.com',
      company_country: 'Germany',
      amount_minor: 123450n,
      currency: 'EUR',
      expected_close_date: '2026-05-31',
      products: [{ name: 'GTX Pro', quantity: 1 }],
    });
    expect(context.changed).toEqual([]);
  });

  it('keeps no personal data of the contact in the events that can never be changed', async () => {
    const id = idOf(await acceptOne({ registration: registration('A-1') }));
    await acceptOne({
      registration: registration('A-1', { contact: { lastName: 'Miller', email: 'miller@acme.com' } }),
    });

    const history = JSON.stringify(await dealHistory(test.db, id));
    expect(history).not.toMatch(/smith|miller|jo@|\+49/i);
    expect(history).toContain('"contact_email":"changed"');
  });

  it('counts one event id once, also when it is repeated in one batch or with other content', async () => {
    const first = { registration: registration('A-1'), eventId: 'e-1' };
    const changed = { registration: registration('A-1', { amount: '9' }), eventId: 'e-1' };

    const results = [...(await accept(first, changed)), await acceptOne(changed)];

    expect(results.map((result) => result.outcome)).toEqual([
      'registered',
      'repeated-event',
      'repeated-event',
    ]);
    expect(await findDeal(test.db, idOf(results[0]))).toMatchObject({ version: 1, amount_minor: 123450n });
  });

  it('makes a new version only of what changed', async () => {
    const id = idOf(await acceptOne({ registration: registration('A-1') }));
    context.clock.advance(86_400_000);

    const again = await acceptOne({ registration: registration('A-1') });
    const changed = await acceptOne({ registration: registration('A-1', { amount: '2000' }) });

    expect([again, changed]).toMatchObject([
      { outcome: 'unchanged', version: 1 },
      { outcome: 'changed', version: 2 },
    ]);
    expect(await kindsOf(id)).toEqual(['registered@1', 'changed@2']);
    const [, change] = await dealHistory(test.db, id);
    expect(change?.data).toEqual({ changes: { amount_minor: { from: '1234.50', to: '2000.00' } } });
  });

  it('ignores an older version after a newer one, and records that', async () => {
    const id = idOf(await acceptOne({ registration: registration('A-1', { version: 3 }) }));
    const older = await acceptOne({ registration: registration('A-1', { version: 2, amount: '5' }) });

    expect(older).toMatchObject({ outcome: 'ignored-older', version: 1 });
    expect(await findDeal(test.db, id)).toMatchObject({
      version: 1,
      amount_minor: 123450n,
      source_version: 3n,
    });
    expect(await kindsOf(id)).toEqual(['registered@1', 'ignored-older@1']);
  });

  it('remembers the newest version even when it brought no change', async () => {
    const results = await accept(
      { registration: registration('A-1', { version: 1 }) },
      { registration: registration('A-1', { version: 5 }) },
      { registration: registration('A-1', { version: 4, amount: '5' }) },
    );
    expect(results.map((result) => result.outcome)).toEqual(['registered', 'unchanged', 'ignored-older']);
  });

  it('ends at the newest version in whatever order versions arrive', async () => {
    const versions = [4, 1, 5, 3, 2, 5, 1];
    await Promise.all(
      versions.map((version) =>
        acceptOne({
          registration: registration('A-1', { version, amount: `${version}00` }),
          eventId: `e-${version}`,
        }),
      ),
    );
    const rows = await test.db.query(
      'SELECT amount_minor, source_version, version, (SELECT count(*) FROM deal_events e WHERE e.deal_id = d.id) AS events FROM deals d WHERE source = $1',
      [`source-${run}`],
    );
    expect(rows).toMatchObject([{ amount_minor: 50000n, source_version: 5n, events: 5n }]);
  });

  it('keeps the good items of a batch when others are malformed', async () => {
    const results = await accept(
      { registration: registration('A-1') },
      { registration: registration('A-2', { partner: 'nobody', amount: '1.234' }) },
      { registration: null },
      { registration: registration('A-3') },
    );
    expect(results.map((result) => result.outcome)).toEqual([
      'registered',
      'malformed',
      'malformed',
      'registered',
    ]);
    expect(results[1]).toMatchObject({
      faults: [
        { pointer: '/amount', detail: '"1.234" has 3 decimals, EUR has 2' },
        { pointer: '/partner', detail: 'no partner has the key "nobody"' },
      ],
    });
  });

  it('tells the mirror of approved deals that changed, and of no others', async () => {
    const [one, two] = await accept(
      { registration: registration('A-1') },
      { registration: registration('A-2') },
    );
    await decideDeals(test.db, [idOf(one)], { decision: 'approve', by: 'kim' }, context);
    context.changed.length = 0;

    await accept(
      { registration: registration('A-1', { amount: '1' }) },
      { registration: registration('A-2', { amount: '1' }) },
    );

    expect(context.changed).toEqual([[idOf(one)]]);
    expect(await findDeal(test.db, idOf(one))).toMatchObject({ version: 3, status: 'approved' });
    expect(await findDeal(test.db, idOf(two))).toMatchObject({ version: 2, status: 'submitted' });
  });

  it('refuses and records changes a decided deal does not allow', async () => {
    const [one, two] = await accept(
      { registration: registration('A-1') },
      { registration: registration('A-2') },
    );
    await decideDeals(
      test.db,
      [idOf(one)],
      { decision: 'reject', by: 'kim', reason: 'known customer' },
      context,
    );
    await decideDeals(test.db, [idOf(two)], { decision: 'approve', by: 'kim' }, context);

    const results = await accept(
      { registration: registration('A-1', { amount: '1' }) },
      { registration: registration('A-2', { partner: 'south' }) },
      { registration: registration('A-1') },
    );

    expect(results).toMatchObject([
      { outcome: 'refused', reason: 'The deal is rejected; its facts can no longer be changed.' },
      { outcome: 'refused', reason: 'The deal is approved; its partner can no longer be changed.' },
      { outcome: 'unchanged' },
    ]);
    expect(await kindsOf(idOf(one))).toEqual(['registered@1', 'rejected@2', 'refused-change@2']);
  });

  it('makes one deal when many transactions register it at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () => acceptOne({ registration: registration('A-1') })),
    );
    expect(results.filter((result) => result.outcome === 'registered')).toHaveLength(1);
    expect(new Set(results.map(idOf)).size).toBe(1);
  });

  it('stores nothing when what follows from the change fails', async () => {
    const id = idOf(await acceptOne({ registration: registration('A-1') }));
    await decideDeals(test.db, [id], { decision: 'approve', by: 'kim' }, context);
    context.outputs.dealsChanged = () => Promise.reject(new Error('the mirror is broken'));

    await expect(acceptOne({ registration: registration('A-1', { amount: '1' }) })).rejects.toThrow(
      'the mirror',
    );
    expect(await findDeal(test.db, id)).toMatchObject({ version: 2, amount_minor: 123450n });
  });

  it('takes thousands of deals in one call', async () => {
    const items = Array.from({ length: 3000 }, (_, index) => ({
      registration: registration(`B-${index}`, { company: { name: `Company ${index}` } }),
      eventId: `b-${index}`,
    }));
    const results = await accept(...items);
    expect(results.every((result) => result.outcome === 'registered')).toBe(true);
    expect(new Set(results.map(idOf)).size).toBe(3000);
  });
});
