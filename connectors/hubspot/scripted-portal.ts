/**
 * A portal for tests whose answers are written by the test: for what HubSpot may do and the sandbox never does.
 * Real HTTP on a free port; tokens are answered by itself.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  path: string;
  body: unknown;
  authorization: string | undefined;
}

export type Reply =
  | { status: number; json?: unknown; text?: string; headers?: Record<string, string> }
  /** Closes the socket without an answer. */
  | 'reset'
  /** Never answers. */
  | 'hang';

export interface ScriptedPortal {
  url: string;
  /** Calls to the API, without those for tokens. */
  calls: Received[];
  tokensIssued: number;
  close(): Promise<void>;
}

/** `reply` decides the answer to each call; `token` may answer a renewal instead of the portal itself. */
export async function startScriptedPortal(
  reply: (call: Received) => Reply,
  token?: (form: URLSearchParams) => Reply,
): Promise<ScriptedPortal> {
  const portal: ScriptedPortal = { url: '', calls: [], tokensIssued: 0, close: () => Promise.resolve() };
  const server = createServer((request, response) => {
    readBody(request)
      .then((text) => {
        if (request.url?.startsWith('/oauth/')) {
          portal.tokensIssued += 1;
          const standard = {
            access_token: `access-${portal.tokensIssued}`,
            refresh_token: 'refresh',
            expires_in: 1800,
          };
          send(response, token?.(new URLSearchParams(text)) ?? { status: 200, json: standard });
          return;
        }
        const call = received(request, text);
        portal.calls.push(call);
        send(response, reply(call));
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  portal.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  portal.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return portal;
}

function received(request: IncomingMessage, text: string): Received {
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const { method = '', url: path = '', headers } = request;
  return { method, path, body, authorization: headers.authorization };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return;
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const text = reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json));
  response.writeHead(reply.status, { 'Content-Type': 'application/json', ...reply.headers }).end(text);
}
