/** Record ids: 15 case-sensitive characters, or 18 with a suffix that makes them safe where case gets lost. */

const SUFFIX = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const INSTANCE = '5g0';

/** The 18-character form of a 15-character id. */
export function withSuffix(id15: string): string {
  let suffix = '';
  for (let chunk = 0; chunk < 3; chunk += 1) {
    let bits = 0;
    for (let bit = 0; bit < 5; bit += 1) {
      const code = id15.charCodeAt(chunk * 5 + bit);
      if (code >= 65 && code <= 90) bits |= 1 << bit;
    }
    suffix += SUFFIX[bits];
  }
  return id15 + suffix;
}

/**
 * The 18-character form of whatever a client sent, or undefined when it is no id at all.
 * An 18-character id in the wrong case is repaired from its suffix, as Salesforce does.
 */
export function canonicalId(text: string): string | undefined {
  if (!/^[0-9A-Za-z]+$/.test(text)) return undefined;
  if (text.length === 15) return withSuffix(text);
  if (text.length !== 18) return undefined;
  return withSuffix(text.slice(0, 15)) === text ? text : repairCase(text);
}

/** Formats the nth id of an object with the given key prefix. */
export function recordId(prefix: string, n: number): string {
  let digits = '';
  for (let rest = n; rest > 0; rest = Math.floor(rest / 62)) digits = (BASE62[rest % 62] ?? '') + digits;
  return withSuffix(prefix + INSTANCE + digits.padStart(9, '0'));
}

/** The number an id of {@link recordId} was made from: how the counter is found again after a restart. */
export function recordNumber(id: string): number {
  let n = 0;
  for (const char of id.slice(6, 15)) n = n * 62 + BASE62.indexOf(char);
  return n;
}

function repairCase(text: string): string | undefined {
  let repaired = '';
  for (let at = 0; at < 15; at += 1) {
    const bits = SUFFIX.indexOf((text[15 + Math.floor(at / 5)] ?? '').toUpperCase());
    if (bits < 0) return undefined;
    const char = text[at] ?? '';
    repaired += (bits >> (at % 5)) & 1 ? char.toUpperCase() : char.toLowerCase();
  }
  const full = withSuffix(repaired);
  return full.slice(15) === text.slice(15).toUpperCase() ? full : undefined;
}
