/** What the suite needs of one vendor. Everything else it says in the words of the port, so that it says the same of all. */
import type { CallOptions, Capabilities, ChangeHint, Connector, Fields } from '../../src/crm/connector.ts';
import type { SyncError } from '../../src/crm/sync-error.ts';

/** lost-answer: the next write is committed and its answer never comes. silence: likewise, and the line stays open. */
export type Trouble =
  'lost-answer' | 'silence' | 'throttled' | 'down' | 'session-ended' | 'login-refused' | 'refused-for-good';

/** Seconds that a throttled call is told to wait. */
export const waitSeconds = 7;

export interface KindOfRecord {
  object: string;
  keyField: string;
  /** A text field that people edit. */
  text: string;
  /** A complete record, without its key. */
  fields(name: string): Fields;
}

/** A local CRM that nobody else uses, and a connector to it through the vendor's own client. */
export interface CrmUnderTest {
  capabilities: Capabilities;
  connector: Connector;
  deals: KindOfRecord;
  accounts: KindOfRecord;
  contacts: KindOfRecord & { key(name: string): string };
  /** Fields of a deal, one of whose values the CRM refuses. */
  refused: Fields;
  /** The most hints of one page of `poll`. */
  pollPage: number;
  /** An id in the CRM's form that no record has. */
  unknownId: string;
  /** Reading a deal that was merged away answers the one that lives on. False: deals cannot be merged there. */
  dealsMerge: boolean;
  /**
   * What a call is that new sessions do not help either. unavailable: it was a batch that the connector holds against the
   * service first; a person is called only when the renewal is refused as well.
   */
  refusedForGood: 'auth-expired' | 'unavailable';
  trouble(what: Trouble): Promise<void>;
  /** Ends all troubles. */
  calm(): Promise<void>;
  /** Records that the CRM holds of an object. */
  count(object: string): Promise<number>;
  /** Value of a field as the CRM holds it. */
  held(object: string, crmId: string, field: string): Promise<unknown>;
  /** Requests since the last `forget`, logins apart. */
  calls(): Promise<{ api: number; logins: number }>;
  forget(): Promise<void>;
  seed(object: string, records: readonly Fields[]): Promise<string[]>;
  /** What a person does in the CRM's own pages. */
  rep: {
    edit(object: string, crmId: string, fields: Fields): Promise<void>;
    win(dealId: string): Promise<void>;
    reopen(dealId: string): Promise<void>;
    remove(object: string, crmId: string): Promise<void>;
    merge(object: string, crmId: string, into: string): Promise<void>;
  };
  /** Ids of whatever hangs on a deal, each as often as it does. */
  hangingOn(dealId: string): Promise<string[]>;
  /** What the CRM tells of what happens meanwhile, once it has told of all these records. */
  hear(happens: () => Promise<string[]>): Promise<readonly ChangeHint[]>;
  close(): Promise<void>;
}

export const soon = (ms = 20_000): CallOptions => ({ deadline: Date.now() + ms });

/** The error that a call is expected to end with. */
export async function rejection(call: Promise<unknown>): Promise<SyncError> {
  const { SyncError } = await import('../../src/crm/sync-error.ts');
  const thrown = await call.then(
    () => new Error('resolved'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof SyncError)) throw thrown;
  return thrown;
}
