/** A local CRM of one vendor in the words of the engine's tests, so that one test says the same of every CRM. */
import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import type { NewConnection } from '../../src/app/connection-store.ts';

/** API names of what the tests speak of. */
export interface FieldNames {
  name: string;
  amount: string;
  currency: string;
  stage: string;
  closeDate: string;
  key: string;
  version: string;
  /** What kind of business a deal is. */
  kind: string;
  partner: string;
  tier: string;
  sourced: string;
  influence: string;
  registrationUrl: string;
  /** A text of the rep's own, which no mapping knows. */
  note: string;
  /** The customer's account, and the partner's. */
  account: string;
  partnerAccount: string;
}

/** What an automation of the CRM writes by itself, under our name where the vendor does so. */
export interface Automation {
  on: 'create' | 'update';
  set: Record<string, unknown>;
}

/** The writes whose answer can be lost. */
export type LostWrite = 'update' | 'link' | 'removal';

export interface Held extends Record<string, unknown> {
  id: string;
  deleted: boolean;
}

export interface EngineCrm {
  vendor: string;
  definition: ConnectorDefinition;
  connection: NewConnection;
  /** The mapping that ships. */
  mapping: string;
  objects: { deal: string; account: string; contact: string };
  fields: FieldNames;
  account: { name: string; domain: string };
  contact: { phone: string };
  /** A contact of this name. */
  person(name: string): object;
  /** Ids, in the order of the process: where deals begin, and a later one that is open. */
  stages: { first: string; later: string; won: string; lost: string };
  /** An id in the CRM's form that no record has. */
  unknownId: string;
  /** A number as the CRM holds it that we sent as this text. */
  number(text: string): unknown;
  yes(is: boolean): unknown;
  /** A day as the CRM holds it. */
  day(iso: string): string;
  seed(object: string, ...records: object[]): Promise<string[]>;
  /** A deal of a rep for this account, in an open stage. */
  seedDeal(account: string, fields: object): Promise<string>;
  records(object: string): Promise<Held[]>;
  record(object: string, id: string): Promise<Held>;
  /** The account a deal is for, and the partner's account that it shows. */
  customerOf(dealId: string): Promise<string | null>;
  partnerOf(dealId: string): Promise<string | null>;
  /** Every account that hangs on a deal, as whatever. */
  accountsOf(dealId: string): Promise<string[]>;
  /** Ids of the contacts that hang on a deal. */
  contactsOf(dealId: string): Promise<string[]>;
  edit(object: string, id: string, fields: Record<string, unknown>): Promise<void>;
  /** A rep makes this account the deal's customer or partner, or takes it away. */
  repLinks(dealId: string, as: 'customer' | 'partner', account: string | null): Promise<void>;
  remove(object: string, id: string): Promise<void>;
  restore(object: string, id: string): Promise<void>;
  /** @returns the id that lives on: HubSpot gives what two records became a third one */
  merge(object: string, id: string, into: string): Promise<string>;
  win(dealId: string): Promise<void>;
  reopen(dealId: string): Promise<void>;
  /** Whoever sets up the CRM takes a stage out of use, or back. Absent: the CRM keeps telling what such a stage meant. */
  archiveStage?(stage: string, isArchived: boolean, pipeline?: string): Promise<void>;
  /** A property of deals with these values to choose from, from now on. */
  setOptions?(name: string, ...values: string[]): Promise<void>;
  renameStage?(stage: string, label: string): Promise<void>;
  /** Whoever sets up the CRM takes a text field of deals, or the partner's label, away, or makes it again. */
  changeField?(name: string, isThere: boolean): Promise<void>;
  changeLabel?(isThere: boolean): Promise<void>;
  /** A rep adds a product of this code to a deal, as the whole sum of which the CRM takes quantity times price. */
  addLine(dealId: string, code: string, line: { quantity: number; price: number }): Promise<string>;
  removeLine(id: string): Promise<void>;
  automate(...automations: Automation[]): Promise<void>;
  /** Calls that wrote something since the start. */
  writes(): Promise<{ id: string; op: string; fields: Record<string, unknown> }[]>;
  /** Time passes in the CRM. */
  skip(ms: number): Promise<void>;
  calls(): Promise<number>;
  /** Of the calls since the last `forget`: `GET /path`. */
  endpoints(): Promise<string[]>;
  forget(): Promise<void>;
  /** The answer to the next write of this kind is lost after the CRM committed it. */
  loseAnswer(to: LostWrite): Promise<void>;
  /** Every call fails until `calm`. */
  breakDown(): Promise<void>;
  calm(): Promise<void>;
  close(): Promise<void>;
}
