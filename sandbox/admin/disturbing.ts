import { z } from 'zod';
import { ruleSchema } from '../faults/rules.ts';
import { AdminError, type SandboxAdapter } from './adapter.ts';
import { withBody, type AdminRoute, type AdminRoutes } from './route.ts';

const faultsSchema = z.strictObject({
  rules: z.array(ruleSchema),
  /** The same seed gives the same fate to the nth request. */
  seed: z.number().int().optional(),
});
const presetSchema = z.strictObject({ seed: z.coerce.number().int().optional() }).default({});
const clockSchema = z.union([
  z.strictObject({ advanceMs: z.coerce.number() }),
  z.strictObject({ now: z.iso.datetime() }),
]);
const latencySchema = z.strictObject({ ms: z.coerce.number().min(0) });
const bodiesSchema = z.strictObject({ keep: z.coerce.number().int().min(0).max(10_000) });

/** Time, weather and what is recorded of them. */
export function disturbing(adapter: SandboxAdapter): AdminRoutes {
  return { ...faultRoutes(adapter), ...settingRoutes(adapter) };
}

function faultRoutes({ faults, faultPresets }: SandboxAdapter): AdminRoutes {
  const clear: AdminRoute = {
    about: 'Takes back all fault rules.',
    run: () => {
      faults.clear();
      return { ok: true };
    },
  };
  const remove: AdminRoute = {
    about: 'Takes back one fault rule, by its number.',
    run: ({ params }) => {
      if (faults.remove(Number(params['id']))) return faults.list();
      throw new AdminError(404, `no fault rule ${params['id'] ?? ''}`);
    },
  };
  return {
    'GET /faults': {
      about: 'The fault rules in force, with how many requests each matched and struck.',
      run: () => faults.list(),
    },
    'POST /faults': withBody(
      faultsSchema,
      'Adds fault rules: which requests (match), which of those (when), what happens (fault).',
      ({ rules, seed }) => {
        faults.add(rules, seed);
        return faults.list();
      },
    ),
    'DELETE /faults': clear,
    'POST /faults/clear': { ...clear, about: 'The same for a page: a form cannot DELETE.' },
    'DELETE /faults/:id': remove,
    'POST /faults/:id/remove': { ...remove, about: 'The same for a page.' },
    'GET /faults/presets': {
      about: 'Fault rules that have a name.',
      run: () =>
        Object.entries(faultPresets).map(([name, { about, rules }]) => ({ name, about, rules: rules() })),
    },
    'POST /faults/preset/:name': withBody(
      presetSchema,
      'Adds the fault rules of a name.',
      ({ seed }, { params: { name = '' } }) => {
        const preset = Object.hasOwn(faultPresets, name) ? faultPresets[name] : undefined;
        if (preset === undefined) {
          throw new AdminError(
            404,
            `no preset "${name}"; there are: ${Object.keys(faultPresets).join(', ')}`,
          );
        }
        faults.add(
          preset.rules().map((rule) => ({ name, ...rule })),
          seed,
        );
        return faults.list();
      },
    ),
  };
}

function settingRoutes(adapter: SandboxAdapter): AdminRoutes {
  return {
    'POST /clock': withBody(
      clockSchema,
      'Moves the sandbox’s clock, by {advanceMs} or to {now}; it runs on from there.',
      (change) => {
        if ('now' in change) adapter.clock.set(new Date(change.now));
        else adapter.clock.advance(change.advanceMs);
        return { now: adapter.clock.now() };
      },
    ),
    'POST /latency': withBody(latencySchema, 'Adds so many milliseconds to every answer.', ({ ms }) => {
      adapter.setLatency(ms);
      return { ms };
    }),
    'POST /requests/bodies': withBody(
      bodiesSchema,
      'Keeps the bodies of the newest {keep} requests from now on; 0 keeps none. Logins are left out.',
      ({ keep }) => {
        adapter.requests.keepExchanges(keep);
        return { keep };
      },
    ),
  };
}
