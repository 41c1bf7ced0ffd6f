/** A server that answers whatever a test wants it to: lies and broken answers the sandbox org never gives. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { salesforce } from '../../connectors/salesforce/definition.ts';
import { Settings, type Credentials } from '../../connectors/salesforce/settings.ts';
import type { Connector } from '../../src/crm/connector.ts';
import { systemClock } from '../../src/platform/clock.ts';

export interface ScriptedServer {
  connector: Connector;
  url: string;
  saved: Credentials[];
  asked: string[];
  close(): Promise<unknown>;
}

export const tokenPath = '/services/oauth2/token';

export async function scriptedServer(
  answer: (request: IncomingMessage, response: ServerResponse, url: string) => void,
): Promise<ScriptedServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const saved: Credentials[] = [];
  const connector = salesforce.open({
    connectionId: 'test',
    settings: Settings.parse({ loginUrl: url, sandbox: true }),
    credentials: { kind: 'refresh', clientId: 'app', refreshToken: 'first' },
    saveCredentials: (changed) => {
      saved.push(changed);
      return Promise.resolve();
    },
    clock: systemClock,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  });
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { connector, url, saved, asked, close };
}

/** A login that succeeds, with whatever else it should say. */
export function token(response: ServerResponse, more: object): void {
  const id = 'https://login.salesforce.com/id/00D5g000001abcdEAA/0055g000001abcdEAA';
  json(response, { access_token: '00D!secret', id, token_type: 'Bearer', ...more });
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json;charset=UTF-8' });
  response.end(JSON.stringify(body));
}
