import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeHint, Connector, DealSnapshot, Fields, WriteOutcome } from '../../src/crm/connector.ts';
import type { Words } from './words.ts';

/** What one step of the story brought, in words that do not hang on ids, names or times. */
export interface Seen {
  step: string;
  result: string;
}

export interface Made {
  object: string;
  id: string;
}

/** Removes records, children first; for good, where the CRM can. */
export type RemoveRecords = (records: readonly Made[]) => Promise<void>;

const callMs = 60_000;
const within = (): { deadline: number } => ({ deadline: Date.now() + callMs });
/**
 * A deal's whole life through the connector: created with account and contact, written again, changed, won, put back,
 * found by the poll and heard on the stream. Every record is removed in the end, whatever happened.
 */
export async function playStory(connector: Connector, remove: RemoveRecords, words: Words): Promise<Seen[]> {
  const seen: Seen[] = [];
  const made: Made[] = [];
  const story: Story = { connector, words, made, tell: (step, result) => void seen.push({ step, result }) };
  try {
    await tellOrg(story);
    await tellDeal(story);
  } finally {
    if (made.length > 0) await remove([...made].reverse());
  }
  return seen;
}

interface Story {
  connector: Connector;
  words: Words;
  made: Made[];
  tell(step: string, result: string): void;
}

async function tellOrg({ connector, words, tell }: Story): Promise<void> {
  const { fields } = await connector.describe(words.objects.deal, within());
  for (const [name, field] of fields) {
    if (name.startsWith(words.ownPrefix) || words.readFields.includes(name))
      tell(
        `field ${name}`,
        [
          field.type,
          field.length ?? '',
          field.unique ? 'unique' : '',
          field.updateable ? 'updateable' : 'read-only',
        ]
          .filter(Boolean)
          .join(' '),
      );
  }
  tell('amounts have a currency of their own', String(fields.has(words.currencyField)));
  const stages = await connector.stages(within());
  tell(
    'there is an open, a won and a lost stage',
    [
      stages.some((one) => !one.closed),
      stages.some((one) => one.won),
      stages.some((one) => one.closed && !one.won),
    ].join(' '),
  );
}

async function tellDeal(story: Story): Promise<void> {
  const { connector, words, tell, made } = story;
  const dealKey = randomUUID();
  const startedAt = await connector.vendorNow(within());
  const name = `Tributary live test ${dealKey}`;
  const account = await create(story, 'account', words.account(name));
  tell('an account is created', account.words);
  const { key, fields } = words.contact(name, account.id);
  const contact = await create(story, 'contact', fields, key);
  tell('a contact is created', contact.words);
  const stages = await connector.stages(within());
  const open: { id: string; pipeline?: string } = stages.find((stage) => !stage.closed) ?? { id: '' };
  const won = stages.find((stage) => stage.won && stage.pipeline === open.pipeline)?.id ?? '';
  const deal = words.deal(open, account.id);
  const { id, words: created } = await create(story, 'deal', deal, dealKey);
  tell('an opportunity is created', created);
  tell('the same again', (await create({ ...story, made: [] }, 'deal', deal, dealKey)).words);
  const looked = await connector.lookupByKey(words.objects.deal, words.keys.deal, [dealKey], within());
  tell('it is found by its key', String(looked.get(dealKey) === id));
  const ends = { accountId: account.id, contactId: contact.id, fresh: true };
  const [link] = await connector.link([{ key: dealKey, dealId: id, ...ends }], within());
  tell('the contact gets its role', link?.status ?? 'no answer');
  tell('read back', await read(story, id));
  const hint = hear(connector, id);
  await hint.listening;
  const change = (more: Fields): Promise<string> => update(story, dealKey, id, more);
  const { stageField, amountField } = words;
  tell('it is won', await change({ [stageField]: won }));
  tell('read after the win', await read(story, id));
  tell('heard on the stream', await hint.heard);
  tell('its amount is changed', await change({ [amountField]: '2000.00' }));
  tell('it is put back', await change({ [stageField]: open.id, [amountField]: '1234.50' }));
  tell('read after that', await read(story, id));
  for (const [step, refused] of words.refused) tell(step, await change(refused));
  tell('the poll finds it', await polled(story, id, startedAt));
  await removed(story, made, id);
}

/** Some CRMs find by search what their index has met, which takes a while. */
async function polled({ connector, words }: Story, id: string, from: Date): Promise<string> {
  const giveUpAt = Date.now() + callMs;
  for (;;) {
    const window = { from, to: new Date(Date.now() + 3_600_000) };
    const page = await connector.poll(words.objects.deal, words.keys.deal, window, within());
    if (page.hints.some(({ crmId }) => isSame(crmId, id))) return 'true';
    if (Date.now() > giveUpAt) return 'false, for a minute';
    await sleep(1_000);
  }
}

/** By the connector itself, as `tributary revert --delete-created` does, where it can. */
async function removed({ connector, words, tell }: Story, made: Made[], id: string): Promise<void> {
  if (!connector.removal) return;
  const [outcome] = await connector.removal.remove([id], within());
  tell('it is taken away again', outcome?.status ?? 'no answer');
  const [snapshot] = await connector.readDeals(words.objects.deal, [id], [], within());
  tell('read after that it is', snapshot?.deleted ? 'deleted' : 'there');
  if (snapshot?.deleted) made.splice(0, made.length, ...made.filter((one) => one.id !== id));
}

async function create(
  { connector, words, made }: Story,
  kind: 'account' | 'contact' | 'deal',
  fields: Fields,
  key: string = randomUUID(),
): Promise<{ id: string; words: string }> {
  const object = words.objects[kind];
  const request = { kind, object, keyField: words.keys[kind], operation: 'upsert' as const };
  const outcome = await onlyOutcome(connector, { ...request, records: [{ key, fields }] });
  if (outcome.status === 'failed') throw outcome.error;
  if (outcome.created) made.push({ object, id: outcome.crmId });
  return { id: outcome.crmId, words: wordsOf(outcome) };
}

async function update(
  { connector, words }: Story,
  key: string,
  crmId: string,
  fields: Fields,
): Promise<string> {
  const { objects, keys } = words;
  const request = { kind: 'deal', object: objects.deal, keyField: keys.deal, operation: 'update' } as const;
  return wordsOf(await onlyOutcome(connector, { ...request, records: [{ key, crmId, fields }] }));
}

async function onlyOutcome(
  connector: Connector,
  request: Parameters<Connector['push']>[0],
): Promise<WriteOutcome> {
  const [outcome] = await connector.push(request, within());
  if (!outcome) throw new Error('a write without an outcome');
  return outcome;
}

function wordsOf(outcome: WriteOutcome): string {
  if (outcome.status === 'failed')
    return `refused: ${outcome.error.kind} ${outcome.error.details.vendorCode ?? ''}`.trim();
  return outcome.created ? 'created' : 'written';
}

/** Salesforce's ids come with three letters more or less. */
function isSame(left: string, right: string): boolean {
  return left.slice(0, 15) === right.slice(0, 15);
}

async function read({ connector, words }: Story, id: string): Promise<string> {
  const [snapshot] = await connector.readDeals(words.objects.deal, [id], words.readFields, within());
  if (!snapshot) throw new Error('a read without an answer');
  return inWords(snapshot, words);
}

function inWords({ deleted, fields, stageHistory }: DealSnapshot, { amountField }: Words): string {
  const values = Object.entries(fields).map(
    ([name, value]) => `${name} ${value === null ? 'empty' : typeof value}`,
  );
  const history = stageHistory.map(
    ({ closed, won, amount }) => `${won ? 'won' : closed ? 'lost' : 'open'}${amount ? ' with amount' : ''}`,
  );
  return `${deleted ? 'deleted; ' : ''}${values.join(', ')}; ${amountField} ${String(fields[amountField])}; history: ${history.join(', ')}`;
}

/** Listens for changes of one record. `heard` is told once it was, or that nothing came within a minute. */
function hear(connector: Connector, id: string): { listening: Promise<void>; heard: Promise<string> } {
  if (!connector.listen)
    return { listening: Promise.resolve(), heard: Promise.resolve('there is no stream') };
  const stop = new AbortController();
  const heard = new Promise<string>((resolve) => {
    const giveUp = setTimeout(() => resolve('nothing within a minute'), callMs);
    const take = (hint: ChangeHint): void => {
      clearTimeout(giveUp);
      resolve(`${hint.change}${hint.ours ? ', as ours' : ''}`);
    };
    connector
      .listen?.({
        position: null,
        positionAt: null,
        signal: stop.signal,
        store: async (hints) =>
          void hints
            .filter(({ crmId }) => isSame(crmId, id))
            .slice(0, 1)
            .forEach(take),
        gap: async (reason) => resolve(`a gap: ${reason}`),
      })
      .catch((error: unknown) =>
        resolve(`broken: ${error instanceof Error ? error.message : String(error)}`),
      );
  }).finally(() => stop.abort());
  // A subscription from now on starts a moment after it was asked for.
  return { listening: new Promise((resolve) => setTimeout(resolve, 3_000)), heard };
}
