import { z } from 'zod';
import { ruleSchema } from '../faults/rules.ts';
import { AdminError, type Play, type SandboxAdapter } from './adapter.ts';

/** A parsed admin request: path segments after the first, query and JSON body. */
export interface AdminRequest {
  rest: string[];
  query: URLSearchParams;
  body: unknown;
}

/** Handles a request and returns the JSON answer. */
export type AdminRoute = (request: AdminRequest) => unknown;

const fields = z.record(z.string(), z.unknown());
const playSchema = z.object({
  action: z.enum(['win', 'lose', 'reopen', 'stage', 'update', 'delete', 'undelete', 'merge']),
  id: z.string().min(1),
  object: z.string().optional(),
  fields: fields.optional(),
  stage: z.string().optional(),
  into: z.string().optional(),
});
const playsSchema = z.union([playSchema, z.array(playSchema)]);
const seedSchema = z.object({ object: z.string(), records: z.array(fields) });
const faultsSchema = z.object({ rules: z.array(ruleSchema), seed: z.number().int().optional() });
const presetSchema = z.object({ seed: z.number().int().optional() }).default({});
const clockSchema = z.union([z.object({ advanceMs: z.number() }), z.object({ now: z.iso.datetime() })]);
const latencySchema = z.object({ ms: z.number().min(0) });

/** The routes every sandbox has, by `METHOD /first-segment`. */
export function sharedRoutes(adapter: SandboxAdapter): Record<string, AdminRoute> {
  return { ...reading(adapter), ...acting(adapter), ...disturbing(adapter) };
}

function reading(adapter: SandboxAdapter): Record<string, AdminRoute> {
  return {
    'GET /health': () => ({ ok: true, vendor: adapter.vendor, url: adapter.url, now: adapter.clock.now() }),
    'GET /writes': ({ query }) =>
      adapter.writes.list({
        object: query.get('object') ?? undefined,
        ...numbers(query, ['since', 'limit']),
      }),
    'GET /requests': ({ rest, query }) =>
      rest[0] === 'summary'
        ? adapter.requests.summary()
        : adapter.requests.list(numbers(query, ['since', 'limit'])),
    'DELETE /requests': () => {
      adapter.requests.clear();
      return { ok: true };
    },
    'GET /counts': () => adapter.counts(),
    'GET /records': ({ rest: [object, id], query }) => {
      if (object === undefined) throw new AdminError(404, 'which object?');
      if (id === undefined)
        return adapter.records(object, { limit: 1000, offset: 0, ...numbers(query, ['limit', 'offset']) });
      const found = adapter.record(object, id);
      if (found === undefined) throw new AdminError(404, `no ${object} ${id}`);
      return found;
    },
  };
}

function acting(adapter: SandboxAdapter): Record<string, AdminRoute> {
  return {
    'POST /seed': ({ body }) => {
      const { object, records } = parse(seedSchema, body);
      return { ids: adapter.seed(object, records) };
    },
    'POST /play': ({ body }) => {
      const plays = [parse(playsSchema, body)].flat() as Play[];
      return { ok: true, records: plays.map((play) => adapter.play(play) ?? null) };
    },
    'POST /revoke-tokens': () => {
      adapter.revokeTokens();
      return { ok: true };
    },
  };
}

function disturbing(adapter: SandboxAdapter): Record<string, AdminRoute> {
  return {
    'GET /faults': () => adapter.faults.list(),
    'DELETE /faults': () => {
      adapter.faults.clear();
      return { ok: true };
    },
    'POST /faults': ({ rest, body }) => {
      if (rest[0] === 'preset') return addPreset(adapter, rest[1] ?? '', body);
      const { rules, seed } = parse(faultsSchema, body);
      adapter.faults.add(rules, seed);
      return adapter.faults.list();
    },
    'POST /clock': ({ body }) => {
      const change = parse(clockSchema, body);
      if ('now' in change) adapter.clock.set(new Date(change.now));
      else adapter.clock.advance(change.advanceMs);
      return { now: adapter.clock.now() };
    },
    'POST /latency': ({ body }) => {
      const { ms } = parse(latencySchema, body);
      adapter.setLatency(ms);
      return { ms };
    },
  };
}

function addPreset(adapter: SandboxAdapter, name: string, body: unknown): unknown {
  const preset = Object.hasOwn(adapter.faultPresets, name) ? adapter.faultPresets[name] : undefined;
  if (preset === undefined) {
    throw new AdminError(
      404,
      `no preset "${name}"; there are: ${Object.keys(adapter.faultPresets).join(', ')}`,
    );
  }
  adapter.faults.add(preset.rules(), parse(presetSchema, body).seed);
  return adapter.faults.list();
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw new AdminError(400, z.prettifyError(result.error));
  return result.data;
}

function numbers<K extends string>(query: URLSearchParams, names: readonly K[]): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const name of names) {
    const text = query.get(name);
    if (text === null) continue;
    if (!/^\d+$/.test(text)) throw new AdminError(400, `${name} must be a whole number`);
    found[name] = Number(text);
  }
  return found;
}
