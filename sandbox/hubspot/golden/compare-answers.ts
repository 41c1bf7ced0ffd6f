/** An answer as far as it is compared: parsed JSON, or text. */
export interface ComparedAnswer {
  status: number;
  contentType: string;
  body: unknown;
}

/** Words that say what went wrong: here the values count, not only that there are some. */
const COMPARED_BY_VALUE: ReadonlySet<string> = new Set(['category', 'status', 'policyName', 'numErrors']);
/** Free-form maps: which names are in them is the portal's own affair. */
const FREE: ReadonlySet<string> = new Set([
  'properties',
  'propertiesWithHistory',
  'metadata',
  'context',
  'links',
]);
/** Fields that some of HubSpot's answers carry and others of the same kind do not (facts: Errors). */
const OPTIONAL: ReadonlySet<string> = new Set(['subCategory', 'errors', 'links', 'context', 'paging', 'url']);

/**
 * What differs between a recorded answer and ours: status, kind of content, keys, JSON types and the category of an
 * error, as `path: recorded → ours`. Values of records are not compared.
 */
export function compareAnswers(recorded: ComparedAnswer, ours: ComparedAnswer): string[] {
  const differences: string[] = [];
  if (recorded.status !== ours.status) differences.push(`status: ${recorded.status} → ${ours.status}`);
  const [left, right] = [recorded, ours].map(({ contentType }) => contentType.split(';', 1)[0] ?? '');
  if (left !== '' && left !== right) differences.push(`content type: ${left} → ${right}`);
  return [...differences, ...compare(recorded.body ?? null, ours.body ?? null, 'body')];
}

function compare(recorded: unknown, ours: unknown, path: string): string[] {
  const [left, right] = [kindOf(recorded), kindOf(ours)];
  if (left !== right) return [`${path}: ${left} → ${right}`];
  if (Array.isArray(recorded) && Array.isArray(ours)) return compareFirst(recorded, ours, path);
  if (isObject(recorded) && isObject(ours)) return compareObjects(recorded, ours, path);
  return [];
}

/** Elements of a list are alike: one of each is enough, and an empty list says nothing of its elements. */
function compareFirst(recorded: readonly unknown[], ours: readonly unknown[], path: string): string[] {
  if (recorded.length === 0 || ours.length === 0) {
    return recorded.length === ours.length ? [] : [`${path}: ${recorded.length} → ${ours.length} elements`];
  }
  return compare(recorded[0], ours[0], `${path}[]`);
}

function compareObjects(
  recorded: Record<string, unknown>,
  ours: Record<string, unknown>,
  path: string,
): string[] {
  const names = new Set([...Object.keys(recorded), ...Object.keys(ours)]);
  return [...names].flatMap((name) => {
    const at = `${path}.${name}`;
    if (!(name in ours)) return OPTIONAL.has(name) ? [] : [`${at}: missing`];
    if (!(name in recorded)) return OPTIONAL.has(name) ? [] : [`${at}: not recorded`];
    if (FREE.has(name)) return kindOf(recorded[name]) === kindOf(ours[name]) ? [] : [`${at}: another type`];
    const different = compare(recorded[name], ours[name], at);
    if (different.length > 0 || !COMPARED_BY_VALUE.has(name) || recorded[name] === ours[name])
      return different;
    return [`${at}: ${String(recorded[name])} → ${String(ours[name])}`];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  return Array.isArray(value) ? 'array' : typeof value;
}
