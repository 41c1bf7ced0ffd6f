import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSalesforceSandbox, type SalesforceSandbox } from '../start.ts';
import { compareShapes } from './compare-shapes.ts';
import { target, type Exchange } from './exchange.ts';
import { connectForReplay, type OrgUnderReplay } from './org-under-replay.ts';
import { presupposed, type Presupposed } from './presupposed.ts';
import { seedPresupposed } from './seed-presupposed.ts';

/** Headers HTTP itself asks for, which recorders leave out. */
const NOT_RECORDED: ReadonlySet<string> = new Set(['date', 'content-length']);

/** Replays recordings, each against an org that has what the recording presupposes. */
export interface Replayer {
  /** What differs in status, header names, keys and JSON types; empty when nothing does. */
  replay(exchange: Exchange): Promise<string[]>;
  close(): Promise<void>;
}

/** Prepares to replay against orgs of a preset. */
export async function createReplayer(preset = 'recorded'): Promise<Replayer> {
  const folder = mkdtempSync(join(tmpdir(), 'replay-'));
  const model = join(folder, 'model');
  // Keys and certificate are made once: an org a recording would otherwise spend its time on them.
  await (await startSalesforceSandbox({ port: 0, preset, dataDir: model })).close();
  const open = new Map<string, OpenOrg>();
  let count = 0;

  async function openOrg(remove: readonly string[]): Promise<OpenOrg> {
    const dataDir = join(folder, String((count += 1)));
    cpSync(join(model, 'credentials.json'), join(dataDir, 'credentials.json'), { recursive: true });
    const sandbox = await startSalesforceSandbox({ port: 0, preset, dataDir, schema: { remove } });
    return { sandbox, org: await connectForReplay(sandbox), isNew: true };
  }

  async function orgWithout(remove: readonly string[]): Promise<OpenOrg> {
    const key = remove.join();
    const known = open.get(key) ?? (await openOrg(remove));
    open.set(key, known);
    return known;
  }

  async function closeOrg(remove: readonly string[]): Promise<void> {
    const closing = open.get(remove.join());
    open.delete(remove.join());
    await closing?.sandbox.close();
  }

  return {
    async replay(exchange) {
      const found = presupposed(exchange);
      const later = await fieldsMadeLater((await orgWithout([])).org, exchange);
      if (!fits((await orgWithout(later)).org, found)) await closeOrg(later);
      const first = await attempt(await orgWithout(later), found, exchange);
      if (first.differences.length === 0 || first.wasNew) return first.differences;
      // What went before may be to blame: only an org that knows nothing else decides.
      await closeOrg(later);
      return (await attempt(await orgWithout(later), found, exchange)).differences;
    },
    async close() {
      await Promise.all([...open.values()].map((one) => one.sandbox.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface OpenOrg {
  sandbox: SalesforceSandbox;
  org: OrgUnderReplay;
  isNew: boolean;
}

/** Whether the org can still be brought to what is presupposed: a record that it has cannot be seeded another way. */
function fits(org: OrgUnderReplay, found: Presupposed): boolean {
  return [...found].every(
    ([id, { values, deleted }]) => !org.has(id) || (Object.keys(values).length === 0 && !deleted),
  );
}

async function attempt(
  open: OpenOrg,
  found: Presupposed,
  exchange: Exchange,
): Promise<{ differences: string[]; wasNew: boolean }> {
  const wasNew = open.isNew;
  open.isNew = false;
  try {
    await seedPresupposed(open.org, found);
    return { differences: await replayAgainst(open.org, exchange), wasNew };
  } catch (error) {
    return { differences: [String(error)], wasNew };
  }
}

/**
 * Custom fields that the org did not have yet when a record was read: the recordings span days in which they were made.
 * Standard fields are never explained away like this.
 */
async function fieldsMadeLater(org: OrgUnderReplay, exchange: Exchange): Promise<string[]> {
  const { method, path, query, status, response } = exchange;
  const [resource, type = '', id] = path.split('/').slice(4);
  const isWholeRecord = method === 'GET' && resource === 'sobjects' && id !== undefined && id !== 'describe';
  if (!isWholeRecord || status !== 200 || query?.['fields'] !== undefined) return [];
  const { fields } = await org.describe(type);
  const absent = fields.filter((field) => field.custom && !(field.name in (response as object)));
  return absent.map((field) => `${type}.${field.name}`);
}

async function replayAgainst(org: OrgUnderReplay, exchange: Exchange): Promise<string[]> {
  const answer = await org.send(exchange.method, target(exchange), exchange.request);
  return [
    ...(answer.status === exchange.status ? [] : [`status: ${exchange.status} → ${answer.status}`]),
    ...compareHeaders(Object.keys(exchange.headers), answer.headers),
    ...compareShapes(exchange.response ?? undefined, answer.body),
  ];
}

function compareHeaders(recorded: readonly string[], ours: readonly string[]): string[] {
  const names = recorded.map((name) => name.toLowerCase());
  return [
    ...names.filter((name) => !ours.includes(name)).map((name) => `header ${name}: missing`),
    ...ours
      .filter((name) => !names.includes(name) && !NOT_RECORDED.has(name))
      .map((name) => `header ${name}: not recorded`),
  ];
}
