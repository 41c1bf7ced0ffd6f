/**
 * HubSpot's own host name, leading to a local portal. Its client asks no proxy, so the processes themselves are told where the
 * name leads: a file that node loads before anything else, by NODE_OPTIONS. TLS and the host name are checked as ever.
 */
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { closeServer, listen } from '../../sandbox/admin/listen.ts';
import { certificateFor } from './salesforce-by-name.ts';

const name = 'api.hubapi.com';

/** @returns the variables for the processes that shall find the portal by HubSpot's name */
export async function leadHubspotTo(
  url: string,
  folder: string,
): Promise<{ env: Record<string, string>; close(): Promise<void> }> {
  const { key, certificate } = await certificateFor([name]);
  const front = https.createServer({ key, cert: certificate }, (request, response) => {
    const { method, headers, url: target = '' } = request;
    const onward = http.request(new URL(target, url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  const port = await listen(front, '127.0.0.1', 0);
  const trusted = path.join(folder, 'trusted.pem');
  const leading = path.join(folder, 'leading.cjs');
  await writeFile(trusted, certificate);
  await writeFile(
    leading,
    `const tls = require('node:tls');
const connect = tls.connect;
tls.connect = (...given) => {
  const [options] = given;
  if (options && options.host === ${JSON.stringify(name)})
    given[0] = { ...options, host: '127.0.0.1', port: ${port}, servername: ${JSON.stringify(name)} };
  return connect(...given);
};
`,
  );
  return {
    env: { NODE_OPTIONS: `--require=${leading}`, NODE_EXTRA_CA_CERTS: trusted },
    close: () => closeServer(front),
  };
}
