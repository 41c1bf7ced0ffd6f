import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readViolations, type Violation } from './violations.ts';

/** One exchange as it passed, with what the proxy behind said of it. */
export interface TappedExchange {
  method: string;
  /** Without the query. */
  path: string;
  status: number;
  violations: Violation[];
}

/** A listener between a client and the validating proxy. */
export interface Tap {
  url: string;
  exchanges: TappedExchange[];
  close(): Promise<void>;
}

const HEADER = 'sl-violations';
const HEADER_BYTES = 4_000_000;

/** Starts a tap that passes everything on and takes the proxy's own header out of the answers. */
export async function startTap(upstream: string): Promise<Tap> {
  const exchanges: TappedExchange[] = [];
  const server = createServer((request, response) => pass(upstream, request, response, exchanges));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(
  upstream: string,
  request: IncomingMessage,
  response: ServerResponse,
  exchanges: TappedExchange[],
): void {
  const { method = 'GET', url = '/', headers } = request;
  const onward = httpRequest(
    upstream + url,
    { method, headers: { ...headers, host: new URL(upstream).host }, maxHeaderSize: HEADER_BYTES },
    (answer) => {
      const { [HEADER]: said, ...rest } = answer.headers;
      const status = answer.statusCode ?? 0;
      const violations = readViolations(typeof said === 'string' ? said : undefined);
      exchanges.push({ method, path: url.split('?', 1)[0] as string, status, violations });
      response.writeHead(status, rest);
      answer.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
