import type { Stage, StageEntry } from '../crm/connector.ts';
import type { SummedField } from '../crm/line-items.ts';
import type { Mapping, WriteRow } from './schema.ts';

/**
 * The same version of a record is written again at most so often because the CRM shows something else. Were the CRM to
 * change it each time, the two would never end.
 */
export const mostRepushes = 3;

type DealRows = Pick<Mapping['deal'], 'write' | 'read'>;

/** The deal's fields to read: what the mapping reads, and what it writes, so that a write can be read back by value. */
export function watchedFields({ write, read }: DealRows, summed?: SummedField): string[] {
  const more = summed === undefined ? [] : [summed.while];
  return [...new Set([...read.map((row) => row.from), ...write.map((row) => row.to), ...more])];
}

/**
 * Whether the field is the rep's once the record exists: it was written at its creation, or was the partner's until a
 * stage that the record has reached. `handedOver`: fields of which the latter is known; they never go back.
 */
export function isReps(row: WriteRow, handedOver: ReadonlySet<string>): boolean {
  return row.when === 'create' || (row.until !== undefined && handedOver.has(row.to));
}

/** The fields whose stage has come, by the record's own history: passing a stage and going back hands a field over, too. */
export function fieldsHandedOver(
  rows: readonly WriteRow[],
  history: readonly StageEntry[],
  stages: readonly Stage[],
): string[] {
  return rows.flatMap((row) =>
    row.until !== undefined && history.some((entry) => hasReached(entry, row.until ?? '', stages))
      ? [row.to]
      : [],
  );
}

/** A closed record is beyond every stage. A stage that is not known any more is reached only by its own name. */
function hasReached(entry: StageEntry, until: string, stages: readonly Stage[]): boolean {
  if (entry.closed || entry.won || entry.stage === until) return true;
  const wanted = stages.find((stage) => stage.id === until || stage.label === until);
  const current = stages.find((stage) => stage.id === entry.stage);
  if (!wanted || !current || wanted.pipeline !== current.pipeline) return false;
  return current.order >= wanted.order;
}
