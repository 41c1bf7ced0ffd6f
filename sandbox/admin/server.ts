import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AdminError, type SandboxAdapter } from './adapter.ts';
import { closeServer, listen } from './listen.ts';
import { renderPage } from './page.ts';
import { readBody } from './read-body.ts';
import { findAdminRoute, type AdminRoutes } from './route.ts';
import { adminRoutes } from './routes.ts';

const LOOPBACK = '127.0.0.1';

/** Starts the admin port of one sandbox, always on loopback: it has no authentication. Port 0 = any free one. */
export async function startAdminServer(
  adapter: SandboxAdapter,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const routes = adminRoutes(adapter);
  const server = createServer((request, response) => {
    void answer(adapter, routes, request, response);
  });
  const bound = await listen(server, LOOPBACK, port);
  return { url: `http://${LOOPBACK}:${bound}`, close: () => closeServer(server) };
}

async function answer(
  adapter: SandboxAdapter,
  routes: AdminRoutes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', adapter.url);
    if (request.method === 'GET' && url.pathname === '/') return sendHtml(response, renderPage(adapter));
    const segments = url.pathname.slice(1).split('/').map(decodeURIComponent);
    const found = findAdminRoute(routes, request.method ?? 'GET', segments);
    if (found === undefined) {
      throw new AdminError(404, `no route ${request.method ?? 'GET'} ${url.pathname}; GET /api lists them`);
    }
    const fromPage = isForm(request);
    const body = parseBody(await readBody(request), fromPage);
    const { route, params } = found;
    const result = await route.run({ params, query: url.searchParams, body });
    if (fromPage) backToPage(response);
    else sendJson(response, 200, result);
  } catch (error) {
    const status = error instanceof AdminError ? error.status : 500;
    const problems = error instanceof AdminError ? error.problems : [];
    const message = error instanceof Error ? error.message : String(error);
    sendJson(response, status, { error: message, ...(problems.length > 0 ? { problems } : {}) });
  }
}

function isForm(request: IncomingMessage): boolean {
  return (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
}

function parseBody(body: Buffer, form: boolean): unknown {
  const text = body.toString();
  if (form) return Object.fromEntries(new URLSearchParams(text));
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new AdminError(400, 'the body is not JSON');
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendHtml(response: ServerResponse, html: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(html);
}

function backToPage(response: ServerResponse): void {
  response.writeHead(303, { location: '/' });
  response.end();
}
