/** Texts that say what went wrong: here the values count, not only that there are some. */
const COMPARED_BY_VALUE: ReadonlySet<string> = new Set(['errorCode', 'statusCode', 'message', 'success']);

/**
 * What differs between two JSON documents in keys and JSON types, as `path: recorded → ours`.
 * Lists inside a document are compared by the union of their elements' shapes; a list that is the whole document
 * (the outcomes of a collection request) element by element.
 */
export function compareShapes(recorded: unknown, ours: unknown): string[] {
  if (Array.isArray(recorded) && Array.isArray(ours) && recorded.length === ours.length)
    return recorded.flatMap((one, index) => compare(one, ours[index], `[${index}]`));
  return compare(recorded, ours, '');
}

function compare(recorded: unknown, ours: unknown, path: string): string[] {
  if (Array.isArray(recorded) && Array.isArray(ours)) return compareLists(recorded, ours, path);
  if (isObject(recorded) && isObject(ours)) return compareObjects(recorded, ours, path);
  const [left, right] = [kindOf(recorded), kindOf(ours)];
  return left === right ? [] : [`${path}: ${left} → ${right}`];
}

function compareObjects(
  recorded: Record<string, unknown>,
  ours: Record<string, unknown>,
  path: string,
): string[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(ours)]);
  return [...names].flatMap((name) => {
    const at = `${path}.${name}`;
    if (!(name in ours)) return [`${at}: missing`];
    if (!(name in recorded)) return [`${at}: not recorded`];
    const different = compare(recorded[name], ours[name], at);
    if (different.length > 0 || !COMPARED_BY_VALUE.has(name) || recorded[name] === ours[name])
      return different;
    return [`${at}: ${String(recorded[name])} → ${String(ours[name])}`];
  });
}

function compareLists(recorded: readonly unknown[], ours: readonly unknown[], path: string): string[] {
  const [left, right] = [unionOf(recorded, path), unionOf(ours, path)];
  const paths = new Set([...left.keys(), ...right.keys()]);
  return [...paths].flatMap((at) => {
    const [kinds, own] = [left.get(at) ?? new Set(), right.get(at) ?? new Set()];
    return kinds.size === own.size && [...kinds].every((kind) => own.has(kind))
      ? []
      : [`${at}: ${[...kinds].sort().join('|')} → ${[...own].sort().join('|')}`];
  });
}

/** The kinds of value at each path below the elements of a list. */
function unionOf(elements: readonly unknown[], path: string): Map<string, Set<string>> {
  const kinds = new Map<string, Set<string>>();
  const note = (value: unknown, at: string): void => {
    const known = kinds.get(at) ?? new Set<string>();
    kinds.set(at, known.add(kindOf(value)));
    if (Array.isArray(value)) for (const one of value) note(one, `${at}[]`);
    else if (isObject(value)) for (const name in value) note(value[name], `${at}.${name}`);
  };
  for (const element of elements) note(element, `${path}[]`);
  return kinds;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
