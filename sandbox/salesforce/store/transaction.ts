import type { WriteOrigin } from '../../journal/write-log.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Row, Values } from './row.ts';

/** On whose behalf a request writes. */
export interface Actor {
  origin: WriteOrigin;
  userId: string;
  /** `Sforce-Call-Options` client name. */
  client: string;
  /** What change events will say about where the change came from; empty for people. */
  changeOrigin: string;
  requestId: string;
}

/** What the caller of a save asked for beside the records. */
export interface SaveOptions {
  /** `Sforce-Duplicate-Rule-Header: allowSave=true` */
  allowDuplicates: boolean;
  /** `…; includeRecordDetails=true` */
  includeRecordDetails: boolean;
  /** API version for the addresses of records in refusals. */
  version: string;
}

export type ChangeOp = 'create' | 'update' | 'delete' | 'undelete';

/** One row written in a transaction. */
export interface Change {
  type: ObjectType;
  id: string;
  op: ChangeOp;
  before: Row | undefined;
  after: Row;
  /** What differs between the two; everything for a new row. */
  values: Readonly<Values>;
  /** Names of the fields the actor wrote; what the platform derived is only in the rows. */
  written: readonly string[];
  /** The platform wrote this row by itself, as a consequence. */
  automation: boolean;
}

/** What a seed says about a record that the platform would otherwise say: its id, who wrote it and when. */
export interface Given {
  object: string;
  id?: string | undefined;
  values: Values;
}

/** The writes of one request (or one item of it), in order. Rows are in the tables at once, published at commit. */
export interface Transaction {
  readonly actor: Actor;
  options?: SaveOptions;
  /** For the next record created of its object, and that one alone. */
  given?: Given | undefined;
  readonly changes: Change[];
  /** Writes a row: stamps it, stores it, notes the change. */
  write(change: {
    type: ObjectType;
    op: ChangeOp;
    id?: string;
    before?: Row | undefined;
    values: Values;
    written?: readonly string[];
    automation?: boolean;
  }): Row;
  /** Position to {@link rollbackTo}. */
  mark(): number;
  /** Takes back every write since a mark. */
  rollbackTo(mark: number): void;
}
