import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';

/** What one object does beyond storing fields. */
export interface RecordRules {
  /** The live record that a create would only repeat: the create answers with it and writes nothing. */
  alreadyThere?(org: Org, values: Readonly<Values>): Row | undefined;
  /** Adds derived values before a create or update is stored. May throw a DmlError. */
  derive?(org: Org, values: Values, before: Row | undefined): void;
  /** Writes what follows from a stored create or update. */
  followUp?(org: Org, transaction: Transaction, after: Row, before: Row | undefined): void;
  /** Writes what follows from a delete. */
  afterDelete?(org: Org, transaction: Transaction, row: Row): void;
}
