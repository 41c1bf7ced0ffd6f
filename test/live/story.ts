import { randomUUID } from 'node:crypto';
import type { ChangeHint, Connector, DealSnapshot, WriteOutcome } from '../../src/crm/connector.ts';

/** What one step of the story brought, in words that do not hang on ids, names or times. */
export interface Seen {
  step: string;
  result: string;
}

/** Removes records for good, children first. */
export type RemoveRecords = (ids: readonly string[]) => Promise<void>;

const callMs = 60_000;
const within = (): { deadline: number } => ({ deadline: Date.now() + callMs });
const keys = {
  Opportunity: 'Tributary_Deal_Id__c',
  Account: 'Tributary_Account_Key__c',
  Contact: 'Tributary_Contact_Key__c',
};
const readFields = ['Name', 'StageName', 'Amount', 'CloseDate', 'AccountId', 'LeadSource', keys.Opportunity];

/**
 * A deal's whole life through the connector: created with account and contact, written again, changed, won, put back,
 * found by the poll and heard on the stream. Every record is removed in the end, whatever happened.
 */
export async function playStory(connector: Connector, remove: RemoveRecords): Promise<Seen[]> {
  const seen: Seen[] = [];
  const made: string[] = [];
  const tell = (step: string, result: string): void => void seen.push({ step, result });
  try {
    await tellOrg(connector, tell);
    await tellDeal(connector, tell, made);
  } finally {
    if (made.length > 0) await remove([...made].reverse());
  }
  return seen;
}

type Tell = (step: string, result: string) => void;

async function tellOrg(connector: Connector, tell: Tell): Promise<void> {
  const { fields } = await connector.describe('Opportunity', within());
  for (const [name, field] of fields) {
    if (name.startsWith('Tributary_') || readFields.includes(name))
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
  tell('amounts have a currency of their own', String(fields.has('CurrencyIsoCode')));
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

async function tellDeal(connector: Connector, tell: Tell, made: string[]): Promise<void> {
  const dealKey = randomUUID();
  const startedAt = await connector.vendorNow(within());
  const account = await create(connector, 'account', 'Account', { Name: `Tributary live test ${dealKey}` });
  tell('an account is created', wordsOf(account, made));
  const accountId = idOf(account);
  const contact = await create(connector, 'contact', 'Contact', {
    LastName: `Live test ${dealKey}`,
    AccountId: accountId,
  });
  tell('a contact is created', wordsOf(contact, made));
  const stages = await connector.stages(within());
  const open = stages.find((stage) => !stage.closed)?.id ?? '';
  const won = stages.find((stage) => stage.won)?.id ?? '';
  const fields = {
    Name: 'Tributary live test',
    StageName: open,
    CloseDate: '2030-01-31',
    Amount: '1234.50',
    AccountId: accountId,
  };
  const upsert = (): Promise<WriteOutcome> => create(connector, 'deal', 'Opportunity', fields, dealKey);
  const created = await upsert();
  tell('an opportunity is created', wordsOf(created, made));
  tell('the same again', wordsOf(await upsert(), []));
  const id = idOf(created);
  const looked = await connector.lookupByKey('Opportunity', keys.Opportunity, [dealKey], within());
  tell('it is found by its key', String(looked.get(dealKey) === id));
  const [link] = await connector.link(
    [{ key: dealKey, dealId: id, accountId, contactId: idOf(contact), fresh: true }],
    within(),
  );
  tell('the contact gets its role', link?.status ?? 'no answer');
  tell('read back', inWords(await read(connector, id)));
  const hint = hear(connector, id);
  await hint.listening;
  tell('it is won', await update(connector, dealKey, id, { StageName: won }));
  tell('read after the win', inWords(await read(connector, id)));
  tell('heard on the stream', await hint.heard);
  tell('its amount is changed', await update(connector, dealKey, id, { Amount: '2000.00' }));
  tell('it is put back', await update(connector, dealKey, id, { StageName: open, Amount: '1234.50' }));
  tell('read after that', inWords(await read(connector, id)));
  tell('a name that is too long', await update(connector, dealKey, id, { Name: 'x'.repeat(200) }));
  tell('an account that is none', await update(connector, dealKey, id, { AccountId: '001000000000000AAA' }));
  const window = { from: startedAt, to: new Date(Date.now() + 3_600_000) };
  const page = await connector.poll('Opportunity', keys.Opportunity, window, within());
  tell('the poll finds it', String(page.hints.some(({ crmId }) => crmId.startsWith(id.slice(0, 15)))));
}

function create(
  connector: Connector,
  kind: 'account' | 'contact' | 'deal',
  object: keyof typeof keys,
  fields: Record<string, string>,
  key: string = randomUUID(),
): Promise<WriteOutcome> {
  const request = {
    kind,
    object,
    keyField: keys[object],
    operation: 'upsert' as const,
    records: [{ key, fields }],
  };
  return onlyOutcome(connector, request);
}

async function update(
  connector: Connector,
  key: string,
  crmId: string,
  fields: Record<string, string>,
): Promise<string> {
  const request = {
    kind: 'deal' as const,
    object: 'Opportunity',
    keyField: keys.Opportunity,
    operation: 'update' as const,
    records: [{ key, crmId, fields }],
  };
  return wordsOf(await onlyOutcome(connector, request), []);
}

async function onlyOutcome(
  connector: Connector,
  request: Parameters<Connector['push']>[0],
): Promise<WriteOutcome> {
  const [outcome] = await connector.push(request, within());
  if (!outcome) throw new Error('a write without an outcome');
  return outcome;
}

function wordsOf(outcome: WriteOutcome, made: string[]): string {
  if (outcome.status === 'failed')
    return `refused: ${outcome.error.kind} ${outcome.error.details.vendorCode ?? ''}`.trim();
  if (outcome.created) made.push(outcome.crmId);
  return outcome.created ? 'created' : 'written';
}

function idOf(outcome: WriteOutcome): string {
  if (outcome.status === 'failed') throw outcome.error;
  return outcome.crmId;
}

async function read(connector: Connector, id: string): Promise<DealSnapshot> {
  const [snapshot] = await connector.readDeals('Opportunity', [id], readFields, within());
  if (!snapshot) throw new Error('a read without an answer');
  return snapshot;
}

function inWords({ deleted, fields, stageHistory }: DealSnapshot): string {
  const values = Object.entries(fields).map(
    ([name, value]) => `${name} ${value === null ? 'empty' : typeof value}`,
  );
  const history = stageHistory.map(
    ({ closed, won, amount }) => `${won ? 'won' : closed ? 'lost' : 'open'}${amount ? ' with amount' : ''}`,
  );
  return `${deleted ? 'deleted; ' : ''}${values.join(', ')}; Amount ${String(fields['Amount'])}; history: ${history.join(', ')}`;
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
            .filter(({ crmId }) => crmId.startsWith(id.slice(0, 15)))
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
