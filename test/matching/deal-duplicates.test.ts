/** A deal that a duplicate rule of the org stops: through the real engine, client and a local Salesforce. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { chooseMatch } from '../../src/app/choose-match.ts';
import { choose } from '../../src/cli/matches.ts';
import { listDealQuestions } from '../../src/mirror/duplicates/deal-questions.ts';
import { matchProblems } from '../../src/mirror/match-problems.ts';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';
import { opportunity } from '../salesforce/open-org.ts';

const open: Engine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

type Action = 'block' | 'allow';

/** An org whose rule compares opportunities by name, with one that a rep made. */
async function orgWithTwin(action: Action, bulkThreshold = 1_000): Promise<{ engine: Engine; twin: string }> {
  const rule = { name: 'Same_Deal', object: 'Opportunity', action, fields: [{ field: 'Name' }] };
  const engine = await openEngine({ org: { settings: { duplicateRules: [rule], bulkStepMs: 0 } } });
  open.push(engine);
  engine.context.bulkThreshold = bulkThreshold;
  const [twin = ''] = await engine.org.seed('Opportunity', opportunity({ Name: 'Twin' }));
  return { engine, twin };
}

async function approved(engine: Engine, ...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names)
    ids.push(
      await engine.register({
        name,
        company: { name: `${name} ${ids.length} Ltd`, country: 'DE' },
        contact: null,
      }),
    );
  await engine.approve(...ids);
  await engine.push();
  return ids;
}

const named = async (engine: Engine, name: string) =>
  (await engine.org.records('Opportunity')).filter(({ Name }) => Name === name);

const questions = (engine: Engine) => listDealQuestions(engine.db, null, 10);

/** As `tributary matches choose` does it. */
async function say(engine: Engine, dealId: string, flags: object) {
  const said: string[] = [];
  const output = {
    json: false,
    out: (text: string) => void said.push(text),
    note: (text: string) => void said.push(text),
  };
  const what = { connection: 'salesforce', kind: 'deal', key: dealId };
  const code = await choose(what, { by: 'Ada', ...flags }, chooseMatch(engine.app), output as never);
  await engine.push();
  return { code, said: said.join('\n') };
}

describe('a deal that a duplicate rule stops', () => {
  it.each<[Action, string]>([
    ['block', 'the rule blocks'],
    ['allow', '--allow'],
  ])(
    'is a question with what was found where the rule says "%s"; its neighbour goes through',
    async (action, next) => {
      const { engine, twin } = await orgWithTwin(action);
      const [stopped = '', neighbour = ''] = await approved(engine, 'Twin', 'Single');
      expect(await questions(engine)).toMatchObject([
        {
          kind: 'deal',
          key: stopped,
          name: 'Twin',
          problem: {
            kind: matchProblems.duplicateRule,
            plain: expect.stringContaining(
              `Same_Deal of the CRM found records like this deal: Twin (${twin})`,
            ),
            nextStep: expect.stringContaining(next),
          },
          candidates: [{ crmId: twin, name: 'Twin' }],
          choice: null,
        },
      ]);
      expect(await named(engine, 'Twin')).toHaveLength(1);
      expect((await engine.mirror(neighbour)).state).toBe('mirrored');
    },
  );

  it('is written all the same only by the word of a person, once, and no other deal with it', async () => {
    const { engine } = await orgWithTwin('allow');
    const [one = '', other = ''] = await approved(engine, 'Twin', 'Twin');
    expect(await questions(engine)).toHaveLength(2);
    // Both are due together: the word for one is not a word for the other.
    await engine.db.query("UPDATE mirrors SET state = 'due', due_at = $2 WHERE deal_id = $1", [
      other,
      engine.clock.now(),
    ]);
    expect(await say(engine, one, { allow: true })).toMatchObject({ code: 0 });
    expect((await engine.mirror(one)).state).toBe('mirrored');
    expect((await engine.mirror(other)).state).toBe('parked');
    expect(await named(engine, 'Twin')).toHaveLength(2);
    const rows = await engine.db.query<{ choice: object }>(
      'SELECT choice FROM deal_duplicates WHERE deal_id = $1',
      [one],
    );
    expect(rows[0]?.choice).toMatchObject({ crmId: null, by: 'Ada' });
    expect(rows[0]?.choice).not.toHaveProperty('allowDuplicate');
  });

  it('"make it" without that word is asked about again', async () => {
    const { engine } = await orgWithTwin('allow');
    const [stopped = ''] = await approved(engine, 'Twin');
    expect(await say(engine, stopped, { create: true })).toMatchObject({ code: 0 });
    expect(await questions(engine)).toHaveLength(1);
    expect(await named(engine, 'Twin')).toHaveLength(1);
  });

  it('is not written where the rule blocks, whatever a person says; the word is spent with it', async () => {
    const { engine } = await orgWithTwin('block');
    const [stopped = ''] = await approved(engine, 'Twin');
    await say(engine, stopped, { allow: true });
    expect(await questions(engine)).toMatchObject([{ key: stopped, choice: { by: 'Ada' } }]);
    expect((await questions(engine))[0]?.choice).not.toHaveProperty('allowDuplicate');
    expect(await named(engine, 'Twin')).toHaveLength(1);
  });

  it('is attached to the record that a person chooses, and counts as influenced', async () => {
    const { engine, twin } = await orgWithTwin('block');
    const [stopped = ''] = await approved(engine, 'Twin');
    expect(await say(engine, stopped, { crmId: twin })).toMatchObject({ code: 0 });
    expect(await engine.mirror(stopped)).toMatchObject({ state: 'mirrored', crm_id: twin });
    expect(await named(engine, 'Twin')).toMatchObject([{ Id: twin, Tributary_Deal_Id__c: stopped }]);
    const roles = await engine.db.query('SELECT role FROM attachments WHERE deal_id = $1', [stopped]);
    expect(roles).toEqual([{ role: 'influenced' }]);
    expect(await questions(engine)).toEqual([]);
  });

  it('that is to be a record which does not exist is told so, and goes on waiting', async () => {
    const { engine } = await orgWithTwin('block');
    const [stopped = ''] = await approved(engine, 'Twin');
    const { code, said } = await say(engine, stopped, { crmId: '006000000000001AAA' });
    expect(code).toBe(1);
    expect(said).toContain('006000000000001AAA');
    expect(await questions(engine)).toHaveLength(1);
    expect((await say(engine, 'no-such-deal', { allow: true })).code).toBe(2);
  });

  it('is made once although the answer to the allowed write was lost', async () => {
    const { engine } = await orgWithTwin('allow');
    const [stopped = ''] = await approved(engine, 'Twin');
    await engine.org.fault({
      match: { endpoint: 'PATCH /composite/sobjects/Opportunity/{extField}' },
      when: { times: 1 },
      fault: { kind: 'reset', at: 'after-commit' },
    });
    await say(engine, stopped, { allow: true });
    for (let round = 0; round < 20 && (await engine.mirror(stopped)).state !== 'mirrored'; round += 1) {
      engine.clock.advance(60_000);
      await engine.push();
    }
    expect((await engine.mirror(stopped)).state).toBe('mirrored');
    expect(await named(engine, 'Twin')).toHaveLength(2);
  });

  it('is asked about with what was found after a bulk job as well, which does not say what', async () => {
    const { engine, twin } = await orgWithTwin('allow', 5);
    const names = ['Twin', 'Deal 1', 'Deal 2', 'Deal 3', 'Deal 4', 'Deal 5'];
    const [stopped = ''] = await approved(engine, ...names);
    for (let round = 0; round < 40 && (await questions(engine)).length === 0; round += 1) await engine.push();
    expect(await questions(engine)).toMatchObject([{ key: stopped, candidates: [{ crmId: twin }] }]);
    const jobs = await engine.db.query("SELECT 1 FROM bulk_jobs WHERE kind = 'deal' AND state = 'done'");
    expect(jobs).toHaveLength(1);
  });
});
