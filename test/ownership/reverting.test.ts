import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { revertRun, type RevertReport } from '../../src/app/revert-run.ts';
import { redrive } from '../../src/mirror/redrive.ts';
import { areImagesOld, listRuns, pruneImages } from '../../src/ownership/before-images.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { vendors } from '../engine/vendors.ts';
import type { FieldNames } from '../engine/engine-crm.ts';

describe.each(vendors)('on $vendor', ({ open }) => {
  let system: Engine;
  let F: FieldNames;
  let app: Parameters<typeof revertRun>[0];
  beforeAll(async () => {
    system = await openEngine(open);
    F = system.crm.fields;
    ({ app } = system);
  }, 60_000);
  afterAll(() => system?.close());

  let made = 0;
  function ref(): string {
    return `v${(made += 1)}`;
  }

  /** The newest run that is kept. */
  async function latestRun(): Promise<string> {
    const [run] = await listRuns(system.db, { limit: 1 });
    if (!run) throw new Error('no run is kept');
    return run.runId;
  }

  async function revert(runId: string, dryRun = false): Promise<RevertReport> {
    const report = await revertRun(app, { runId }, dryRun);
    if (!report) throw new Error('nothing is kept of it');
    return report;
  }

  /** Renames the partner, which writes the name into every opportunity of theirs. */
  async function wronglyTagged(dealIds: readonly string[]): Promise<void> {
    await system.db.query(
      `UPDATE partners SET name = name || ' WRONG' WHERE id IN (SELECT partner_id FROM deals WHERE id = ANY($1::uuid[]))`,
      [dealIds],
    );
    await system.db.query(`UPDATE mirrors SET state = 'due', due_at = $2 WHERE deal_id = ANY($1::uuid[])`, [
      dealIds,
      system.clock.now(),
    ]);
    await system.push();
    await system.readBack();
  }

  async function stateOf(dealId: string): Promise<unknown> {
    const rows = await system.db.query(
      'SELECT state, last_error->>$2 AS kind FROM mirrors WHERE deal_id = $1',
      [dealId, 'kind'],
    );
    return rows[0];
  }

  describe('taking a run back', () => {
    it('restores what nobody changed since, leaves and names the rest, and holds the deals', async () => {
      const [one, two] = [await system.mirrored(ref()), await system.mirrored(ref())];
      const { [F.partner]: before } = await system.deal(one.crmId);
      await wronglyTagged([one.dealId, two.dealId]);
      await system.repEdits(two.crmId, { [F.partner]: 'As the rep says' });
      const run = await latestRun();

      const plan = await revert(run, true);
      expect(plan.deals.map(({ outcome }) => outcome)).toEqual(['planned', 'planned']);
      expect((await system.deal(one.crmId))[F.partner]).toBe(`${String(before)} WRONG`);

      const { deals } = await revert(run);
      expect(deals.find(({ dealId }) => dealId === one.dealId)).toMatchObject({
        outcome: 'restored',
        restore: { [F.partner]: before },
        left: [],
      });
      expect(deals.find(({ dealId }) => dealId === two.dealId)).toMatchObject({
        restore: {},
        left: [{ field: F.partner, wrote: `${String(before)} WRONG`, now: 'As the rep says' }],
      });
      expect((await system.deal(one.crmId))[F.partner]).toBe(before);
      expect((await system.deal(two.crmId))[F.partner]).toBe('As the rep says');

      // Neither time nor the partner writes it again; a person does.
      const held = { state: 'parked', kind: 'reverted' };
      await system.register(`v${made - 1}`, { name: 'Edited by the partner' });
      await redrive(system.db, { connectionId: system.connectionId }, system.clock.now());
      for (let round = 0; round < 3; round += 1) {
        await system.push();
        await system.readBack();
      }
      expect([await stateOf(one.dealId), await stateOf(two.dealId)]).toEqual([held, held]);
      expect((await system.deal(one.crmId))[F.partner]).toBe(before);
      await redrive(system.db, { kind: 'reverted' }, system.clock.now());
      await system.push();
      expect((await system.deal(one.crmId))[F.partner]).toBe(`${String(before)} WRONG`);
    });

    it('that made records lists them and leaves them', async () => {
      const { dealId, crmId } = await system.mirrored(ref());
      const report = await revert(await latestRun());
      expect(report.deals).toEqual([
        expect.objectContaining({ dealId, crmId, created: true, outcome: 'nothing' }),
      ]);
      expect(await system.deal(crmId)).toMatchObject({ deleted: false });
      expect(await stateOf(dealId)).toEqual({ state: 'parked', kind: 'reverted' });
    });

    describe('with the records it made', () => {
      const remove = async (dryRun = false) => {
        const report = await revertRun(app, { runId: await latestRun() }, dryRun, { deleteCreated: true });
        return report?.deals[0];
      };

      it('deletes what nobody touched, after a look, and nothing makes it again', async () => {
        const { dealId, crmId } = await system.mirrored(ref());
        expect(await remove(true)).toMatchObject({ dealId, outcome: 'planned', removal: { refused: null } });
        expect(await system.deal(crmId)).toMatchObject({ deleted: false });
        expect(await remove()).toMatchObject({ dealId, outcome: 'deleted' });
        expect(await system.deal(crmId)).toMatchObject({ deleted: true });
        await system.register(`v${made}`, { name: 'Edited by the partner', version: 9 });
        await redrive(system.db, { connectionId: system.connectionId }, system.clock.now());
        await redrive(system.db, { kind: 'reverted' }, system.clock.now());
        for (let round = 0; round < 3; round += 1) {
          await system.push();
          await system.readBack();
        }
        expect(await stateOf(dealId)).toMatchObject({ state: 'tombstone' });
        const records = await system.crm.records(system.crm.objects.deal);
        const alive = records.filter((row) => row[F.key] === dealId && !row.deleted);
        expect(alive).toEqual([]);
      });

      it('leaves what a rep changed, in whichever field, and says so', async () => {
        const mapped = await system.mirrored(ref());
        await system.repEdits(mapped.crmId, { [F.name]: 'As the rep calls it' });
        expect(await remove()).toMatchObject({
          outcome: 'nothing',
          removal: { refused: `${F.name} changed since` },
        });
        const unmapped = await system.mirrored(ref());
        await system.repEdits(unmapped.crmId, { [F.note]: 'Call them' });
        expect(await remove()).toMatchObject({ removal: { refused: 'somebody changed it since' } });
        for (const { crmId } of [mapped, unmapped])
          expect(await system.deal(crmId)).toMatchObject({ deleted: false });
      });

      it('leaves what was written again since: a rep’s change in between would not be seen', async () => {
        const { dealId, crmId } = await system.mirrored(ref());
        const { runId = '' } = (await listRuns(system.db, { limit: 1 }))[0] ?? {};
        await system.repEdits(crmId, { [F.note]: 'Call them' });
        await wronglyTagged([dealId]);
        const report = await revertRun(app, { runId }, false, { deleteCreated: true });
        expect(report?.deals[0]?.removal?.refused).toContain('written again since');
        expect(await system.deal(crmId)).toMatchObject({ deleted: false });
      });

      it('leaves what was won', async () => {
        const { dealId, crmId } = await system.mirrored(ref());
        await system.db.query(
          `INSERT INTO won_epochs (deal_id, epoch, connection_id, crm_id, history_id, won_at, live, settles_at, updated_at)
         VALUES ($1, 1, $2, $3, 'h', $4, false, $4, $4)`,
          [dealId, system.connectionId, crmId, system.clock.now()],
        );
        expect(await remove()).toMatchObject({ outcome: 'nothing', removal: { refused: 'it was won' } });
        expect(await system.deal(crmId)).toMatchObject({ deleted: false });
      });

      it('can be run again after the answer got lost', async () => {
        const { dealId, crmId } = await system.mirrored(ref());
        const run = await latestRun();
        await system.crm.loseAnswer('removal');
        const again = () => revertRun(app, { runId: run }, false, { deleteCreated: true });
        await expect(again()).rejects.toMatchObject({ kind: 'ambiguous' });
        await system.crm.calm();
        expect((await again())?.deals).toMatchObject([{ crmId, deleted: true, outcome: 'deleted' }]);
        expect(await stateOf(dealId)).toMatchObject({ state: 'tombstone' });
      });
    });

    it('can be run again after an answer got lost, and writes nothing twice', async () => {
      const { dealId, crmId } = await system.mirrored(ref());
      await wronglyTagged([dealId]);
      const run = await latestRun();
      await system.crm.loseAnswer('update');
      await expect(revert(run)).rejects.toMatchObject({ kind: 'ambiguous' });
      await system.crm.calm();
      const before = await system.crm.writes();
      expect((await revert(run)).deals).toEqual([
        expect.objectContaining({ crmId, outcome: 'nothing', left: [] }),
      ]);
      expect(await system.crm.writes()).toHaveLength(before.length);
    });

    it('of a time goes back through every write since, to what was there before the first', async () => {
      const { dealId, crmId } = await system.mirrored(ref());
      const { [F.partner]: before } = await system.deal(crmId);
      system.clock.advance(60_000);
      const since = system.clock.now();
      await wronglyTagged([dealId]);
      await wronglyTagged([dealId]);
      await revertRun(app, { connectionId: system.connectionId, since }, false);
      expect((await system.deal(crmId))[F.partner]).toBe(before);
    });

    it('holds the deals and writes nothing while everything is stopped', async () => {
      const { dealId, crmId } = await system.mirrored(ref());
      await wronglyTagged([dealId]);
      const { [F.partner]: wrong } = await system.deal(crmId);
      await system.db.query("UPDATE system_switches SET stopped = true, changed_by = 'Kim'");
      try {
        expect((await revert(await latestRun())).stopped).toContain('stopped by Kim');
      } finally {
        await system.db.query('UPDATE system_switches SET stopped = false');
      }
      expect((await system.deal(crmId))[F.partner]).toBe(wrong);
      expect(await stateOf(dealId)).toEqual({ state: 'parked', kind: 'reverted' });
    });
  });

  describe('before-images', () => {
    it('are pruned after their time', async () => {
      const { db } = system;
      const later = new Date(system.clock.now().getTime() + 1_000);
      expect(await areImagesOld(db, later)).toBe(true);
      while ((await pruneImages(db, later, 2)) > 0);
      expect(await listRuns(db, { limit: 10 })).toEqual([]);
      expect(await areImagesOld(db, later)).toBe(false);
    });
  });
});
