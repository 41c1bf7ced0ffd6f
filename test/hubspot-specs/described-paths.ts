/** Tells whether a path and method are described by a document's `paths`; braces stand for one segment each. */
export function describedBy(
  paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): (method: string, path: string) => boolean {
  const patterns = Object.entries(paths).map(([path, operations]) => ({
    pattern: new RegExp(`^${path.split('/').map(segmentPattern).join('/')}$`),
    methods: new Set(Object.keys(operations)),
  }));
  return (method, path) =>
    patterns.some(({ pattern, methods }) => methods.has(method.toLowerCase()) && pattern.test(path));
}

function segmentPattern(segment: string): string {
  return segment.startsWith('{') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
