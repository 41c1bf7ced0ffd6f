import type { OpenOrg } from './salesforce-org.ts';

/** A raw client of the Bulk API 2.0 under test. */
export interface BulkClient {
  /** JSON in, JSON out. */
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Creates an ingest job, uploads and closes it; returns its id. */
  load(job: Record<string, unknown>, csv: string): Promise<string>;
  put(id: string, csv: string): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Polls until the job is over. */
  wait(kind: 'ingest' | 'query', id: string): Promise<Record<string, unknown>>;
  /** A result file. */
  file(path: string): Promise<{ status: number; headers: Headers; text: string }>;
}

/** Makes a client with a fresh token. */
export async function openBulkClient(org: OpenOrg, version = '62.0'): Promise<BulkClient> {
  const token = await org.token();
  const base = `${org.sandbox.url}/services/data/v${version}/jobs`;

  async function send(method: string, path: string, contentType: string, body?: string) {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  async function call(method: string, path: string, body?: unknown) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return parsed(await send(method, path, 'application/json', text));
  }

  async function put(id: string, csv: string) {
    return parsed(await send('PUT', `/ingest/${id}/batches`, 'text/csv', csv));
  }

  async function wait(kind: 'ingest' | 'query', id: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { status, body } = await call('GET', `/${kind}/${id}`);
      if (status !== 200) throw new Error(`no job ${id}: ${JSON.stringify(body)}`);
      if (['JobComplete', 'Failed', 'Aborted'].includes(String(body['state']))) return body;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  return {
    call,
    put,
    wait,
    file: (path) => send('GET', path, 'application/json'),
    async load(job, csv) {
      const { status, body } = await call('POST', '/ingest', job);
      if (status !== 200) throw new Error(`no job: ${JSON.stringify(body)}`);
      const id = String(body['id']);
      await put(id, csv);
      await call('PATCH', `/ingest/${id}`, { state: 'UploadComplete' });
      return id;
    },
  };
}

function parsed({ status, text }: { status: number; text: string }) {
  return { status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}
