import { createServer, type IncomingHttpHeaders } from 'node:http';
import { closeServer, listen } from '../../admin/listen.ts';
import { readBody } from '../../admin/read-body.ts';

type Events = Record<string, unknown>[];

/** A webhook receiver for tests. */
export interface Receiver {
  url: string;
  /** Everything received so far, in order. */
  events(): Events;
  requests(): { headers: IncomingHttpHeaders; body: string }[];
  /** Resolves when what was received passes. */
  until(passes: (events: Events) => boolean): Promise<void>;
  close(): Promise<void>;
}

/** Starts a receiver that answers what `status` says. */
export async function receiveWebhooks(status: () => number = () => 200): Promise<Receiver> {
  const events: Events = [];
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  let waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((raw) => {
      requests.push({ headers: request.headers, body: raw.toString() });
      events.push(...(JSON.parse(raw.toString()) as Events));
      response.writeHead(status()).end();
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    });
  });
  const port = await listen(server, '127.0.0.1', 0);
  return {
    url: `http://127.0.0.1:${port}/hook`,
    events: () => events,
    requests: () => requests,
    async until(passes) {
      while (!passes(events)) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    close: () => closeServer(server),
  };
}
