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

/** The fields in which a later version differs; null where it has none any more. */
export function diffRows(before: Row | undefined, after: Row): Values {
  const changed: Values = {};
  for (const name in after) {
    const value = after[name];
    if (value !== undefined && value !== before?.[name]) changed[name] = value;
  }
  for (const name in before) if (after[name] === undefined) changed[name] = null;
  return changed;
}
