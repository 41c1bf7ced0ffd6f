import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callbackHeaders, callbackPage } from '../../api/callback-page.ts';
import { digestOf, provesSecret } from './proof.ts';
import { AuthorizationRefused, declined } from './refused.ts';

/**
 * With port 1717 the address that Salesforce's own command line uses: the one on this machine that an administrator is
 * likely to have registered already. Vendors compare it letter by letter, the port too.
 */
const callbackPath = '/OauthRedirect';

export interface CallbackServer {
  redirectUri: string;
  /** The code, once a person comes back with our state. @throws AuthorizationRefused also when nobody comes in time */
  code(state: string, label: string, timeoutMs: number): Promise<string>;
  close(): void;
}

/** Waits on this machine only for a person to come back from the vendor. Port 0 takes a free one. */
export async function startCallbackServer(port: number): Promise<CallbackServer> {
  const server = createServer((request, response) => void waiting(request, response));
  let waiting = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(503).end();
  };
  await listen(server, port);
  return {
    redirectUri: `http://localhost:${(server.address() as AddressInfo).port}${callbackPath}`,
    code: (state, label, timeoutMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () =>
            reject(new AuthorizationRefused(`Nobody logged in within ${timeoutMs / 1000} s. Begin again.`)),
          timeoutMs,
        );
        waiting = (request, response) => {
          const outcome = readCallback(request, digestOf(state), label);
          if (outcome === null)
            return answer(response, 404, 'Not here', 'This is not the address we wait at.');
          clearTimeout(timer);
          if (typeof outcome === 'string') {
            answer(response, 200, 'Thank you', 'You can close this window and go back to the command line.');
            resolve(outcome);
          } else {
            answer(response, 400, 'Not connected', outcome.message);
            reject(outcome);
          }
        };
      }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The code; why there is none; null for whatever is no answer to our errand, which goes on waiting. */
function readCallback(
  request: IncomingMessage,
  state: Buffer,
  label: string,
): string | AuthorizationRefused | null {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'GET' || url.pathname !== callbackPath) return null;
  if (!provesSecret(url.searchParams.get('state') ?? '', state)) return null;
  const [code, error] = [url.searchParams.get('code'), url.searchParams.get('error')];
  if (error !== null) return declined(label, error, url.searchParams.get('error_description') ?? undefined);
  return code ?? new AuthorizationRefused(`${label} sent neither a code nor a reason. Begin again.`);
}

function answer(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, { ...callbackHeaders, connection: 'close' }).end(callbackPage(title, text));
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new AuthorizationRefused(
              `Port ${port} of this machine is taken. End what uses it, or name another with --callback-port and register ` +
                `http://localhost:PORT${callbackPath} as a callback URL of the app.`,
            )
          : error,
      ),
    );
    server.listen(port, 'localhost', resolve);
  });
}
