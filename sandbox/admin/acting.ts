import { z } from 'zod';
import type { Play, SandboxAdapter } from './adapter.ts';
import { withBody, type AdminRoutes } from './route.ts';

const fields = z.record(z.string(), z.unknown());

const playSchema = z
  .strictObject({
    action: z.enum([
      'win',
      'lose',
      'reopen',
      'stage',
      'create',
      'update',
      'delete',
      'undelete',
      'merge',
      'convert',
    ]),
    /** The record; left out to create one. */
    id: z.string().min(1).optional(),
    object: z.string().min(1).optional(),
    fields: fields.optional(),
    stage: z.string().min(1).optional(),
    /** The record that stays when two are merged. */
    into: z.string().min(1).optional(),
  })
  .refine((play) => play.action === 'create' || play.id !== undefined, {
    path: ['id'],
    error: 'which record?',
  });
const playsSchema = z.union([playSchema, z.array(playSchema)]);
const seedSchema = z.strictObject({ object: z.string().min(1), records: z.array(fields) });

/** Being the rep, or whoever filled the org before. */
export function acting(adapter: SandboxAdapter): AdminRoutes {
  return {
    'POST /seed': withBody(
      seedSchema,
      'Puts records there as if they had always been, without notifications; all of them or none. Returns their ids.',
      ({ object, records }) => ({ ids: adapter.seed(object, records) }),
    ),
    'POST /play': withBody(
      playsSchema,
      'Does what a rep does in the CRM’s own pages, one play or several in order. Returns the records afterwards.',
      (plays) => ({
        ok: true,
        records: ([plays].flat() as Play[]).map((play) => adapter.play(play) ?? null),
      }),
    ),
    'POST /revoke-tokens': {
      about: 'Ends all sessions: every access token is refused from now on.',
      run: () => {
        adapter.revokeTokens();
        return { ok: true };
      },
    },
  };
}
