/**
 * Fetching a file of the journal. Its address comes out of an answer, so that it decides where this machine connects to:
 * only HubSpot's own hosts are asked, over https, without a token (the address is signed), and no redirect is followed.
 */
import type { CallOptions } from '../../../src/crm/connector.ts';
import { fileNotFetched } from '../errors-journal.ts';

/** HubSpot's domains. Where its files are is not documented, so that a person may name another host in the settings. */
const HUBSPOT_HOST =
  /^([a-z0-9-]+\.)*(hubapi\.com|hubspot\.com|hubspot\.net|hubspotusercontent[a-z0-9-]*\.net)$/;
/** A file holds some thousands of events at most; more would be something else. */
const MOST_BYTES = 32 * 1024 * 1024;

export interface FileHosts {
  /** The API's own origin. */
  baseUrl: string;
  sandbox: boolean;
  /** Host names that a person allowed. */
  allowed: readonly string[];
}

/** Null: it may be fetched. Else why not, for the person who decides about it. */
export function hostProblem(address: string, { baseUrl, sandbox, allowed }: FileHosts): string | null {
  const url = new URL(address);
  if (sandbox) return url.origin === new URL(baseUrl).origin ? null : `${url.host} is not the local sandbox`;
  if (url.username !== '' || url.password !== '') return `${url.host} is asked for with a password`;
  if (url.protocol !== 'https:' || url.port !== '') return `${url.host} is not an https address`;
  return HUBSPOT_HOST.test(url.hostname) || allowed.includes(url.hostname)
    ? null
    : `${url.hostname} is not one of HubSpot's hosts`;
}

/** Parsed JSON; undefined when it is none. @throws SyncError when there was no complete answer in time */
export async function fetchFile(address: string, options: CallOptions): Promise<unknown> {
  const timeout = AbortSignal.timeout(Math.max(1, options.deadline - Date.now()));
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
  const text = await fetchText(address, signal);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function fetchText(address: string, signal: AbortSignal): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(address, { redirect: 'error', signal });
    if (answer.ok) return await boundedText(answer);
    await answer.body?.cancel();
  } catch (cause) {
    throw fileNotFetched('its server did not answer in full', cause);
  }
  throw fileNotFetched(`its server answered ${answer.status}`);
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error(`longer than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
