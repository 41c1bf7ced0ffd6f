import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';

/** Changes a record on the platform's behalf, with everything that a save entails. Given by the dml side, which runs these rules. */
export type EditRecord = (type: ObjectType, before: Row, values: Values) => void;

/** What one object does beyond storing fields. */
export interface RecordRules {
  /** The live record that a create would only repeat: the create answers with it and writes nothing. */
  alreadyThere?(org: Org, values: Readonly<Values>): Row | undefined;
  /** Names of the fields a create must have, where it is not simply the required ones of the object. */
  requiredOnCreate?(org: Org, values: Values): readonly string[] | undefined;
  /** Adds derived values before a create or update is stored. May throw a DmlError. */
  derive?(org: Org, values: Values, before: Row | undefined): void;
  /** Writes what follows from a stored create or update. */
  followUp?(org: Org, transaction: Transaction, after: Row, before: Row | undefined, edit: EditRecord): void;
  /** Writes what follows from a delete. */
  afterDelete?(org: Org, transaction: Transaction, row: Row, edit: EditRecord): void;
  /** Writes what follows from an undelete. */
  afterUndelete?(org: Org, transaction: Transaction, row: Row, edit: EditRecord): void;
}
