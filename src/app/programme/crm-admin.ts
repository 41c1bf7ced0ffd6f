/** Plays the rep and counts from outside: talks to a local CRM's admin port, never to Tributary. */
export type Play = {
  action: 'win' | 'lose' | 'reopen' | 'update' | 'delete' | 'undelete' | 'stage';
  id: string;
  fields?: Record<string, unknown>;
};
export type CrmRecord = Record<string, unknown>;

export interface CommittedWrite {
  seq: number;
  object: string;
  id: string;
  op: string;
  fields: Record<string, unknown>;
  origin: string;
}

export interface EndpointCalls {
  calls: number;
  records: number;
  byStatus: Record<string, number>;
}

export interface CrmAdmin {
  seed(object: string, records: readonly CrmRecord[]): Promise<string[]>;
  play(plays: readonly Play[]): Promise<void>;
  records(object: string): Promise<CrmRecord[]>;
  writes(object: string): Promise<CommittedWrite[]>;
  requestSummary(): Promise<Record<string, EndpointCalls>>;
  clearFaults(): Promise<void>;
  post(path: string, body: unknown): Promise<unknown>;
  remove(path: string): Promise<void>;
}

const pageSize = 2000;

export function crmAdmin(adminUrl: string): CrmAdmin {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${adminUrl}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok)
      throw new Error(`${method} ${path} of the local CRM answered ${answer.status}: ${text.slice(0, 300)}`);
    return text === '' ? null : JSON.parse(text);
  };
  return {
    seed: async (object, records) => idsOf(await call('POST', '/seed', { object, records })),
    play: async (plays) => void (await call('POST', '/play', plays)),
    records: (object) =>
      allPages((offset) => call('GET', `/records/${object}?limit=${pageSize}&offset=${offset}`)),
    writes: (object) => allWrites(call, object),
    requestSummary: async () => (await call('GET', '/requests/summary')) as Record<string, EndpointCalls>,
    clearFaults: async () => void (await call('DELETE', '/faults')),
    post: (path, body) => call('POST', path, body),
    remove: async (path) => void (await call('DELETE', path)),
  };
}

function idsOf(answer: unknown): string[] {
  if (Array.isArray(answer)) return answer.map(String);
  const { ids } = answer as { ids: unknown[] };
  return ids.map(String);
}

function listOf(answer: unknown): unknown[] {
  if (Array.isArray(answer)) return answer;
  const [list] = Object.values(answer as Record<string, unknown>).filter((value) => Array.isArray(value));
  return (list ?? []) as unknown[];
}

async function allPages(page: (offset: number) => Promise<unknown>): Promise<CrmRecord[]> {
  const all: CrmRecord[] = [];
  for (;;) {
    const found = listOf(await page(all.length)) as CrmRecord[];
    all.push(...found);
    if (found.length < pageSize) return all;
  }
}

async function allWrites(
  call: (method: string, path: string) => Promise<unknown>,
  object: string,
): Promise<CommittedWrite[]> {
  const all: CommittedWrite[] = [];
  for (let since = 0; ; since = all.at(-1)?.seq ?? 0) {
    const found = listOf(
      await call('GET', `/writes?object=${object}&since=${since}&limit=${pageSize}`),
    ) as CommittedWrite[];
    all.push(...found);
    if (found.length < pageSize) return all;
  }
}
