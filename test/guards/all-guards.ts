import { readdirSync } from 'node:fs';
import type { Guard } from './guard.ts';

const here = import.meta.dirname;

/** Every `guards` array of the `*.guards.ts` files beside this one. */
export async function allGuards(): Promise<Guard[]> {
  const files = readdirSync(here).filter((name) => name.endsWith('.guards.ts'));
  const lists = await Promise.all(
    files.map(async (name) => ((await import(`./${name}`)) as { guards: readonly Guard[] }).guards),
  );
  return lists.flat();
}
