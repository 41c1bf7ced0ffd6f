/**
 * Salesforce's own host names, leading to a local org: what a proxy does in a company that opens TLS. Processes are pointed
 * to it by the variables such a company sets, so that they log in to `https://….my.salesforce.com` and hear from
 * `api.pubsub.salesforce.com:7443` with everything that protects a real connection: TLS, host names, the pin.
 */
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import selfsigned from 'selfsigned';
import { closeServer, listen } from '../../sandbox/admin/listen.ts';

/** One certificate for all the names. PEM. */
export interface Certificate {
  key: string;
  certificate: string;
}

export async function certificateFor(names: readonly string[]): Promise<Certificate> {
  const altNames = names.map((value) => ({ type: 2 as const, value }));
  const made = await selfsigned.generate([{ name: 'commonName', value: names[0] ?? '' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { key: made.private, certificate: made.cert };
}

export interface NamedOrg {
  /** `name:port` as a process calls it, and the local server that answers. Any other name is refused. */
  rest: { authority: string; url: string };
  pubsub: { authority: string; endpoint: string };
  certificate: Certificate;
}

/** @returns the variables for the processes that shall find the org by its names */
export async function leadNamesTo(
  org: NamedOrg,
  folder: string,
): Promise<{ env: Record<string, string>; close(): Promise<void> }> {
  const { key, certificate } = org.certificate;
  const front = https.createServer({ key, cert: certificate }, (request, response) =>
    passOn(org.rest.url, request, response),
  );
  const targets = new Map([
    [org.rest.authority, `127.0.0.1:${await listen(front, '127.0.0.1', 0)}`],
    [org.pubsub.authority, org.pubsub.endpoint],
  ]);
  const sockets = new Set<Duplex>();
  const proxy = http.createServer((_request, response) => response.writeHead(403).end());
  proxy.on('connect', (request: http.IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    tunnel(targets.get(request.url ?? ''), socket, sockets);
  });
  const proxyUrl = `http://127.0.0.1:${await listen(proxy, '127.0.0.1', 0)}`;
  const trusted = path.join(folder, 'trusted.pem');
  await writeFile(trusted, certificate);
  return {
    env: { https_proxy: proxyUrl, NODE_EXTRA_CA_CERTS: trusted },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([closeServer(proxy), closeServer(front)]);
    },
  };
}

function tunnel(target: string | undefined, socket: Duplex, sockets: Set<Duplex>): void {
  if (target === undefined) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  const [host, port] = target.split(':');
  const onward = net.connect(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  sockets.add(onward);
  for (const [one, other] of [
    [socket, onward],
    [onward, socket],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
  }
}

function passOn(to: string, request: http.IncomingMessage, response: http.ServerResponse): void {
  const { method, headers, url = '' } = request;
  const onward = http.request(new URL(url, to), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
