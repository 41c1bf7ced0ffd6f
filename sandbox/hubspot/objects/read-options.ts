import type { Call } from '../http/call.ts';

/** `a,b&properties=c` → [a, b, c]. */
export function listParam(call: Call, name: string): string[] {
  return call.query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

export function flagParam(call: Call, name: string): boolean {
  return call.query.get(name) === 'true';
}
