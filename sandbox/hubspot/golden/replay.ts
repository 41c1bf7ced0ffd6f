import { startHubspotSandbox, type HubspotSandbox } from '../start.ts';
import { compareAnswers, type ComparedAnswer } from './compare-answers.ts';
import type { Exchange } from './exchange.ts';
import { learnIds, replaceIds, seedNeeded, type KnownIds } from './known-ids.ts';

/** Replays recorded exchanges, in their order, against one local portal. */
export interface Replayer {
  /** What differs between the recorded answer and ours; empty when they are alike. */
  replay(exchange: Exchange): Promise<string[]>;
  close(): Promise<void>;
}

/** Starts a portal to replay against. Ids of the recording become ids of the portal as they come up. */
export async function createReplayer(preset = 'default'): Promise<Replayer> {
  const sandbox = await startHubspotSandbox({ port: 0, preset, rateLimit: 'off', searchLagMs: 0 });
  const ids: KnownIds = new Map();
  return {
    async replay(exchange) {
      await seedNeeded(sandbox, exchange, ids);
      const ours = await send(sandbox, exchange, ids);
      learnIds(exchange.response.body, ours.body, ids);
      const { status, headers, body } = exchange.response;
      const recorded = { status, contentType: headerNamed(headers, 'content-type'), body };
      return compareAnswers(recorded, ours);
    },
    close: () => sandbox.close(),
  };
}

async function send(
  { url, credentials }: HubspotSandbox,
  { request }: Exchange,
  ids: KnownIds,
): Promise<ComparedAnswer> {
  const { method, headers } = request;
  const target = new URL(url + replaceIds(request.path, ids));
  for (const [name, value] of Object.entries(request.query))
    for (const one of [value].flat()) target.searchParams.append(name, replaceIds(one, ids));
  const text = bodyText(request.body, ids);
  const type = headerNamed(headers, 'content-type') || 'application/json';
  const response = await fetch(target, {
    method,
    headers: {
      // Recordings hold no token, or an old one; whether there was one still matters.
      ...(headerNamed(headers, 'authorization') === 'none'
        ? {}
        : { authorization: `Bearer ${credentials.privateAppToken}` }),
      ...(text === undefined ? {} : { 'content-type': type }),
    },
    redirect: 'manual',
    ...(text === undefined ? {} : { body: text }),
  });
  return readAnswer(response);
}

function bodyText(body: unknown, ids: KnownIds): string | undefined {
  if (body === undefined || body === null || body === '') return undefined;
  return replaceIds(typeof body === 'string' ? body : JSON.stringify(body), ids);
}

async function readAnswer(response: Response): Promise<ComparedAnswer> {
  const contentType = response.headers.get('content-type') ?? '';
  const text = await response.text();
  const body: unknown = text === '' ? null : contentType.includes('json') ? JSON.parse(text) : text;
  return { status: response.status, contentType, body };
}

function headerNamed(headers: Record<string, string>, wanted: string): string {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
}
