/**
 * The Metadata API over SOAP, through jsforce's SOAP client. Below its `conn.metadata`, whose answers lose every element
 * that jsforce's own schema does not list: a page layout written back from them would lose parts of the customer's.
 */
import jsforce from 'jsforce';
import SoapModule from 'jsforce/lib/soap.js';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { Session } from './auth.ts';
import type { SalesforceClient } from './client.ts';
import { timeLeft, withinDeadline } from './deadline.ts';
import { misuse, refusedMetadata, silence, Unanswered, type Purpose } from './errors.ts';
import { isLoopback } from './hosts.ts';
import { listed, plain, type Content, type ContentValue } from './provision/component.ts';
import { API_VERSION } from './versions.ts';

/** What one call of readMetadata, createMetadata, updateMetadata and deleteMetadata takes. */
const PER_CALL = 10;
const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';
const { SOAP } = SoapModule;

export interface MetadataClient {
  /** What there is of the names asked for; a name that does not exist is absent. */
  read(type: string, fullNames: readonly string[], options: CallOptions): Promise<Map<string, Content>>;
  /** The full names of a type. */
  list(type: string, options: CallOptions): Promise<string[]>;
  /** @throws SyncError naming the first component that was refused */
  create(type: string, fullName: string, content: Content, options: CallOptions): Promise<void>;
  update(type: string, fullName: string, content: Content, options: CallOptions): Promise<void>;
  remove(type: string, fullName: string, options: CallOptions): Promise<void>;
}

export function openMetadata(client: SalesforceClient, clientName: string): MetadataClient {
  async function call(method: string, message: object, purpose: Purpose, options: CallOptions) {
    const session = await client.sessions.current(purpose, options);
    try {
      return await invoke(session, clientName, method, message, options);
    } catch (error) {
      if (!isExpired(error)) throw explain(error, purpose);
    }
    const fresh = await client.sessions.renewed(session, purpose, options);
    return invoke(fresh, clientName, method, message, options).catch((error: unknown) => {
      throw explain(error, purpose);
    });
  }

  async function write(method: string, message: object, what: string, options: CallOptions): Promise<void> {
    const answer = await call(method, message, { stage: 'provision', write: true }, options);
    const [result] = listed(answer['result']);
    if (isContent(result) && result['success'] === 'true') return;
    const [problem] = isContent(result) ? listed(result['errors']) : [];
    const { statusCode = 'UNKNOWN_EXCEPTION', message: words = 'no reason was given' } = isContent(problem)
      ? problem
      : {};
    throw refusedMetadata(textOf(statusCode), textOf(words), what);
  }

  return {
    async read(type, fullNames, options) {
      const found = new Map<string, Content>();
      for (let at = 0; at < fullNames.length; at += PER_CALL) {
        const part = fullNames.slice(at, at + PER_CALL);
        const answer = await call('readMetadata', { type, fullNames: part }, reading, options);
        const { result } = answer;
        for (const record of isContent(result) ? listed(result['records']) : []) {
          if (!isContent(record) || typeof record['fullName'] !== 'string') continue;
          const { fullName, ...content } = record;
          found.set(part.find((name) => sameName(name, fullName)) ?? fullName, content);
        }
      }
      return found;
    },
    async list(type, options) {
      const message = { queries: { type }, asOfVersion: API_VERSION };
      const answer = await call('listMetadata', message, reading, options);
      return listed(answer['result']).flatMap((one) =>
        isContent(one) && typeof one['fullName'] === 'string' ? [one['fullName']] : [],
      );
    },
    create: (type, fullName, content, options) =>
      write('createMetadata', { metadata: typed(type, fullName, content) }, fullName, options),
    update: (type, fullName, content, options) =>
      write('updateMetadata', { metadata: typed(type, fullName, content) }, fullName, options),
    remove: (type, fullName, options) =>
      write('deleteMetadata', { type, fullNames: fullName }, fullName, options),
  };
}

const reading = { stage: 'provision', write: false } as const;

async function invoke(
  session: Session,
  clientName: string,
  method: string,
  message: object,
  options: CallOptions,
): Promise<Content> {
  if (timeLeft(options) === 0) throw new Unanswered(false, undefined);
  const { instanceUrl, accessToken } = session;
  const connection = new jsforce.Connection({
    instanceUrl,
    accessToken,
    version: API_VERSION,
    callOptions: { client: clientName },
  });
  const direct = isLoopback(new URL(instanceUrl).hostname) ? { httpProxy: '' } : {};
  const soap = new SOAP(connection, {
    xmlns: NAMESPACE,
    endpointUrl: `${instanceUrl}/services/Soap/m/${API_VERSION}`,
    // Options of jsforce's transport: they pass through, though the type does not name them.
    ...{ ...direct, timeout: timeLeft(options), retry: { methods: [] }, followRedirect: false },
  });
  const answer: unknown = await withinDeadline(soap.invoke(method, message), options);
  const read = plain(answer);
  return isContent(read) ? read : {};
}

function typed(type: string, fullName: string, content: Content): object {
  return { '@xsi:type': type, fullName, ...content };
}

function isContent(value: ContentValue | null | undefined): value is Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: ContentValue | null): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Salesforce writes signs such as ( of a layout's name as %28. */
function sameName(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === decodeURIComponent(right).toLowerCase();
}

/** A fault's code comes as jsforce's error name, with the namespace prefix of the answer: `sf:INVALID_SESSION_ID`. */
function faultCode(error: unknown): string | null {
  if (!(error instanceof Error) || !/^[A-Za-z]+:[A-Za-z_]+$/.test(error.name)) return null;
  return error.name.split(':')[1] ?? null;
}

function isExpired(error: unknown): boolean {
  return faultCode(error) === 'INVALID_SESSION_ID';
}

function explain(error: unknown, purpose: Purpose): Error {
  const code = faultCode(error);
  if (code !== null && error instanceof Error) return refusedMetadata(code, error.message, null);
  if (error instanceof TypeError) return misuse(purpose, error.message, error);
  return silence(error instanceof Unanswered ? error : new Unanswered(true, error), purpose);
}
