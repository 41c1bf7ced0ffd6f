import type { FoundSpec, Spec } from './find-specs.ts';

/** One document made of several. */
interface Combined {
  openapi: '3.0.1';
  info: { title: string; version: string };
  paths: Record<string, Record<string, unknown>>;
  components: Record<string, Record<string, unknown>>;
}

/**
 * Puts specs into one document, because a validating proxy takes one. Components get their spec's number in front
 * (each file has an `Error` of its own); of a path that several specs describe, the first counts.
 */
export function combineSpecs(found: readonly FoundSpec[]): Combined {
  const combined: Combined = {
    openapi: '3.0.1',
    info: { title: 'HubSpot, as far as it is spoken here', version: '1' },
    paths: {},
    components: {},
  };
  for (const [index, { api, spec }] of found.entries()) {
    const own = prefixed(spec, `S${index}_`);
    for (const [path, operations] of Object.entries(own.paths)) {
      for (const name of namesOf(path, api.alias)) addPath(combined, name, operations);
    }
    for (const [kind, parts] of Object.entries(own.components)) {
      combined.components[kind] = { ...combined.components[kind], ...parts };
    }
  }
  return combined;
}

function addPath({ paths }: Combined, path: string, operations: Record<string, unknown>): void {
  const own = Object.entries(operations).map(([method, operation]) => [method, leaner(operation)]);
  paths[path] = { ...(Object.fromEntries(own) as Record<string, unknown>), ...paths[path] };
}

function namesOf(path: string, alias: FoundSpec['api']['alias']): string[] {
  if (alias === undefined || !path.split('/').includes(alias.spelled)) return [path];
  return [path, path.replace(`/${alias.spelled}`, `/${alias.also}`)];
}

/**
 * Some operations list eighty ways of being authorised that differ only in scopes, which the proxy does not look at;
 * and operation ids need not be unique across files.
 */
function leaner(operation: unknown): unknown {
  if (typeof operation !== 'object' || operation === null || Array.isArray(operation)) return operation;
  const { security, ...rest } = operation as Record<string, unknown>;
  delete rest['operationId'];
  if (!Array.isArray(security)) return rest;
  const ways = new Map(
    (security as Record<string, unknown>[]).map((way) => [Object.keys(way).toSorted().join(), way]),
  );
  return { ...rest, security: [...ways.values()] };
}

/** Security schemes are the same everywhere and keep their names: operations refer to them without a `$ref`. */
function prefixed(spec: Spec, prefix: string): Spec {
  const text = JSON.stringify({ paths: spec.paths, components: spec.components });
  const renamed = JSON.parse(
    text.replaceAll(/"#\/components\/(\w+)\//g, (_match, kind: string) => `"#/components/${kind}/${prefix}`),
  ) as Pick<Spec, 'paths' | 'components'>;
  const components = Object.entries(renamed.components).map(([kind, parts]) => [
    kind,
    kind === 'securitySchemes'
      ? parts
      : Object.fromEntries(Object.entries(parts).map(([name, part]) => [prefix + name, part])),
  ]);
  return { ...spec, paths: renamed.paths, components: Object.fromEntries(components) as Spec['components'] };
}
