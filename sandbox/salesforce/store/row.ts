/** A stored value. Datetimes are epoch milliseconds, dates `YYYY-MM-DD`, numbers doubles as at the vendor. */
export type Value = string | number | boolean;

/**
 * One version of a record, frozen in time: an update makes a new row.
 * So change events, open cursors and the journal can hold rows without copying them. A null field is absent.
 */
export type Row = Readonly<Record<string, Value>>;

/** Values to write; null clears a field. */
export type Values = Record<string, Value | null>;

/** Applies values to a row. */
export function mergeRow(row: Row | undefined, values: Readonly<Values>): Row {
  const merged: Record<string, Value> = { ...row };
  for (const name in values) {
    const value = values[name];
    if (value === null || value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}
