import { request as httpRequest } from 'node:http';
import { z } from 'zod';
import { withSuffix } from '../ids.ts';
import type { SalesforceSandbox } from '../start.ts';

const described = z.object({
  name: z.string(),
  fields: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      length: z.number(),
      createable: z.boolean(),
      nillable: z.boolean(),
      defaultedOnCreate: z.boolean(),
      custom: z.boolean(),
      referenceTo: z.array(z.string()),
      relationshipName: z.string().nullable(),
      extraTypeInfo: z.string().nullable(),
      picklistValues: z.array(z.object({ value: z.string() })),
    }),
  ),
});
const everyObject = z.object({
  sobjects: z.array(z.object({ name: z.string(), keyPrefix: z.string().nullable() })),
});

type Described = z.infer<typeof described>;
/** A field as far as seeding needs to know it. */
export type DescribedField = Described['fields'][number];

/** An answer with its header names in lower case and its body parsed. */
export interface Answer {
  status: number;
  headers: string[];
  body: unknown;
}

/** The org a recording is replayed against, reached only over HTTP: its REST API and its admin port. */
export interface OrgUnderReplay {
  send(method: string, target: string, body?: unknown): Promise<Answer>;
  describe(type: string): Promise<Described>;
  /** The object an id belongs to, by its first three characters. */
  typeOfId(id: string): string | undefined;
  /** An id of an object, always the same: for parents of whom nothing is known. */
  anyId(type: string): string;
  /** Whether a record was seeded already. */
  has(id: string): boolean;
  /** Throws, with the org's reason, when the record is refused. */
  seed(type: string, record: Record<string, unknown>): Promise<void>;
}

/** Connects to a sandbox by client credentials. */
export async function connectForReplay(sandbox: SalesforceSandbox): Promise<OrgUnderReplay> {
  const token = await fetchToken(sandbox);
  const send = (method: string, target: string, body?: unknown) =>
    sendRaw(sandbox.url + target, method, token, body);
  const { sobjects } = everyObject.parse((await send('GET', '/services/data/v42.0/sobjects')).body);
  const types = new Map(sobjects.toReversed().map((one) => [one.keyPrefix, one.name]));
  const prefixes = new Map(sobjects.map((one) => [one.name, one.keyPrefix]));
  const present = new Set<string>();
  const describes = new Map<string, Described>();
  return {
    send,
    async describe(type) {
      const known = describes.get(type);
      if (known !== undefined) return known;
      const answer = await send('GET', `/services/data/v42.0/sobjects/${type}/describe`);
      const read = described.parse(answer.body);
      describes.set(type, read);
      return read;
    },
    typeOfId: (id) => types.get(id.slice(0, 3)),
    anyId: (type) => withSuffix(`${prefixes.get(type) ?? '000'}4S0000000AAA`),
    has: (id) => present.has(id),
    async seed(type, record) {
      const answer = await fetch(`${sandbox.adminUrl}/seed`, {
        method: 'POST',
        body: JSON.stringify({ object: type, records: [record] }),
      });
      if (!answer.ok) throw new Error(`seeding ${type}: ${await answer.text()}`);
      present.add(String(record['Id']));
    },
  };
}

const tokenAnswer = z.object({ access_token: z.string() });

async function fetchToken({ url, credentials }: SalesforceSandbox): Promise<string> {
  const { clientId, clientSecret } = credentials;
  const answer = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  return tokenAnswer.parse(await answer.json()).access_token;
}

/** By node:http, which leaves paths as they are and hides no header. */
function sendRaw(url: string, method: string, token: string, body: unknown): Promise<Answer> {
  const text = body === undefined || body === null ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answered = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.keys(response.headers),
          body: answered === '' ? undefined : (JSON.parse(answered) as unknown),
        });
      });
    });
    request.on('error', reject);
    request.end(text);
  });
}
