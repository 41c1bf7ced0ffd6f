import { objectType, type ObjectType } from '../portal/object-types.ts';
import type { Route } from './call.ts';

/** A route together with what the path said. */
export interface Match {
  route: Route;
  params: Record<string, string>;
  types: Record<string, ObjectType>;
  /** For the request log: values replaced by names, object types by their plural. */
  endpoint: string;
  dated: boolean;
}

/** Finds the route of a path; `'method'` when the path exists under another method only. */
export type Router = (method: string, path: string) => Match | 'method' | undefined;

interface Compiled {
  route: Route;
  segments: string[];
  dated: boolean;
}

const TYPE_NAMES = new Set(['{objectType}', '{from}', '{to}']);

/** Compiles routes. Fixed segments win over parameters, so `/objects/deals/search` is never an object id. */
export function createRouter(routes: readonly Route[]): Router {
  const byLength = new Map<number, Compiled[]>();
  for (const route of routes) {
    const segments = route.pattern.split('/').slice(1);
    const compiled = { route, segments, dated: segments.some((one) => /^20\d\d-\d\d$/.test(one)) };
    byLength.set(segments.length, [...(byLength.get(segments.length) ?? []), compiled]);
  }
  for (const list of byLength.values()) list.sort((left, right) => parameters(left) - parameters(right));

  return (method, path) => {
    const segments = path.replace(/\/+$/, '').split('/').slice(1).map(decode);
    let otherMethod = false;
    for (const candidate of byLength.get(segments.length) ?? []) {
      const match = fit(candidate, segments);
      if (match === undefined) continue;
      if (candidate.route.method === method) return match;
      otherMethod = true;
    }
    return otherMethod ? 'method' : undefined;
  };
}

function fit({ route, segments: pattern, dated }: Compiled, segments: string[]): Match | undefined {
  const params: Record<string, string> = {};
  const types: Record<string, ObjectType> = {};
  const shown: string[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const wanted = pattern[index] as string;
    const given = segments[index] as string;
    if (!wanted.startsWith('{')) {
      if (wanted !== given) return undefined;
      shown.push(wanted);
      continue;
    }
    const name = wanted.slice(1, -1);
    if (TYPE_NAMES.has(wanted)) {
      const type = objectType(given);
      if (type === undefined) return undefined;
      types[name] = type;
      shown.push(type.plural);
    } else {
      params[name] = given;
      shown.push(wanted);
    }
  }
  return { route, params, types, endpoint: `${route.method} /${shown.join('/')}`, dated };
}

function parameters({ segments }: Compiled): number {
  return segments.filter((one) => one.startsWith('{')).length;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
