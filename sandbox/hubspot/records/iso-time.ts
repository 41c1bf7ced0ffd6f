let lastMs = Number.NaN;
let lastText = '';

/** ISO text of epoch milliseconds. Remembers the last one: the hundred records of a batch share their moment. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
