/** The engine's real workers on the local HubSpot: what owns, notes, restores and takes back for Salesforce does so here. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { putIntoForce } from '../../src/app/configuration/put-into-force.ts';
import { revertRun } from '../../src/app/revert-run.ts';
import { listRuns } from '../../src/ownership/before-images.ts';
import { hubspotCrm } from '../rehearsal/hubspot-crm.ts';
import { openRehearsal, type Rehearsal } from '../rehearsal/open-rehearsal.ts';

const shipped = new URL('../../mappings/hubspot/mapping.yaml', import.meta.url).pathname;
const sections = `
card: { note: on }
owner: { rule: account-owner, fallback: Dan.Okafor@vendor.example }
`;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await openRehearsal(hubspotCrm);
  const { app, connectionId } = rehearsal;
  const content = (await readFile(shipped, 'utf8')) + sections;
  await app.db.transaction((tx) =>
    putIntoForce(tx, { connectionId, content, by: 'a test', at: rehearsal.now() }),
  );
}, 60_000);
afterAll(() => rehearsal?.close());

async function pass(times = 6): Promise<void> {
  for (let step = 0; step < times; step++) {
    await rehearsal.step();
    rehearsal.skipTo(new Date(rehearsal.now().getTime() + 15_000));
  }
}

interface Shown {
  id: string;
  properties: Record<string, string>;
  associations: Record<string, { id: string }[]>;
  archived: boolean;
}

async function mirrored(name: string): Promise<{ dealId: string; crmId: string }> {
  const dealId = await rehearsal.addDeal(name);
  await pass();
  const rows = await rehearsal.app.db.query<{ crm_id: string | null; state: string; last_error: unknown }>(
    'SELECT crm_id, state, last_error FROM mirrors WHERE deal_id = $1',
    [dealId],
  );
  expect(rows).toMatchObject([{ state: 'mirrored' }]);
  return { dealId, crmId: rows[0]?.crm_id ?? '' };
}

async function record(object: string, id: string): Promise<Shown> {
  const answer = await fetch(`${rehearsal.adminUrl}/records/${object}/${id}`);
  return (await answer.json()) as Shown;
}

/** What a rep edits, and what HubSpot tells of it. */
async function edited(dealId: string, crmId: string, fields: Record<string, unknown>): Promise<void> {
  await rehearsal.admin.play([{ action: 'update', id: crmId, fields }]);
  await rehearsal.app.db.query(
    'UPDATE observed_records SET due_at = $2, due_seq = due_seq + 1 WHERE deal_id = $1',
    [dealId, rehearsal.now()],
  );
  await pass();
}

async function newestRun(): Promise<string> {
  const [run] = await listRuns(rehearsal.app.db, { limit: 1 });
  if (!run) throw new Error('no run is kept');
  return run.runId;
}

describe('a partner deal in HubSpot', () => {
  it('gets the owner that the rule names by e-mail, and one note for the rep', async () => {
    const { crmId } = await mirrored('owned and noted');
    const { properties, associations } = await record('deals', crmId);
    expect(properties['hubspot_owner_id']).toBe('81000012');
    const [note, ...more] = associations['notes'] ?? [];
    expect(more).toEqual([]);
    const { properties: said } = await record('notes', note?.id ?? '');
    expect(said['hs_note_body']).toContain('Sourced by our partner');
  });

  it('has what a rep wrote over a property of ours put right, and keeps what belongs to the rep', async () => {
    const { dealId, crmId } = await mirrored('edited');
    const { tributary_partner: ours } = (await record('deals', crmId)).properties;
    expect(ours).toBeTruthy();
    await edited(dealId, crmId, { tributary_partner: 'somebody else', dealname: 'as the rep calls it' });
    expect((await record('deals', crmId)).properties).toMatchObject({
      tributary_partner: ours,
      dealname: 'as the rep calls it',
    });
  });

  it('goes with the run that made it, but stays where a rep worked on it', async () => {
    const gone = await mirrored('to be taken back');
    const first = await newestRun();
    const done = await revertRun(rehearsal.app, { runId: first }, false, { deleteCreated: true });
    expect(done?.deals).toMatchObject([{ crmId: gone.crmId, outcome: 'deleted' }]);
    expect((await record('deals', gone.crmId)).archived).toBe(true);
    const kept = await mirrored('worked on');
    const second = await newestRun();
    await rehearsal.admin.play([{ action: 'update', id: kept.crmId, fields: { hs_next_step: 'call' } }]);
    const left = await revertRun(rehearsal.app, { runId: second }, false, { deleteCreated: true });
    expect(left?.deals).toMatchObject([
      { crmId: kept.crmId, removal: { refused: 'somebody changed it since' } },
    ]);
    expect(await record('deals', kept.crmId)).toMatchObject({ archived: false });
  });
});
