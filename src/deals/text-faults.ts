/** One fault of what was sent: where (RFC 6901) and what is wrong, in plain words. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** An RFC 6901 pointer from path steps. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * Text that no database or CRM can hold: NUL, and halves of surrogate pairs. Found at any depth, in names too,
 * before anything is stored, because Postgres would fail the whole batch on the first.
 */
export function findTextFaults(value: unknown, path: readonly PropertyKey[] = []): Fault[] {
  if (typeof value === 'string') return faultsOfText(value, path);
  if (Array.isArray(value))
    return value.flatMap((element, index) => findTextFaults(element, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, element]) => {
    const ofName = textFaultOf(name);
    const step = readableStep(name);
    const faults = findTextFaults(element, [...path, step]);
    return ofName === null
      ? faults
      : [{ pointer: pointerTo([...path, step]), detail: `its name ${ofName}` }, ...faults];
  });
}

/** A field's name as a pointer may show it: one that cannot be stored appears in its escaped form. */
export function readableStep(name: string): string {
  return textFaultOf(name) === null ? name : JSON.stringify(name).slice(1, -1);
}

function faultsOfText(text: string, path: readonly PropertyKey[]): Fault[] {
  const fault = textFaultOf(text);
  return fault === null ? [] : [{ pointer: pointerTo(path), detail: fault }];
}

function textFaultOf(text: string): string | null {
  if (text.includes('\u0000')) return 'holds a NUL character';
  return text.isWellFormed() ? null : 'holds half of a surrogate pair';
}
