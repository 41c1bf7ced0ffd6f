import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';

/** Fetched by npm when it is not installed: it judges the sandbox and is no part of the product. */
const PACKAGE = '@stoplight/prism-cli@5.14.2';
/** Fetching it for the first time takes a while; reading HubSpot's specs a few seconds. */
const START_TIMEOUT_MS = 180_000;
/** The violations of one exchange travel in a header, and a bad batch of a hundred has many. */
const HEADER_BYTES = 4_000_000;

export interface Prism {
  url: string;
  stop(): void;
}

/**
 * Starts Prism as a validating proxy in front of `upstream`. Without `--errors`, so that it says what is wrong and
 * passes everything on: the first violation would otherwise end the conversation before the second.
 * @throws Error with Prism's own words when it could not be fetched or did not start.
 */
export async function startPrism(document: string, upstream: string): Promise<Prism> {
  const port = await freePort();
  const args = ['exec', '--yes', `--package=${PACKAGE}`, '--', 'prism', 'proxy', document, upstream];
  const child = spawn('npm', [...args, '--host', '127.0.0.1', '--port', String(port), '--validate-request'], {
    // Its own process group: npm, a shell and node are to end together.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: `--max-http-header-size=${HEADER_BYTES}`, NO_COLOR: '1' },
  });
  const stop = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  try {
    await listening(child);
  } catch (error) {
    stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => reject(new Error(`Prism ${why}:\n${said.slice(-2000)}`));
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS);
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-20_000);
      if (!said.includes('Prism is listening')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('error', (error) => fail(`could not be run (${error.message})`));
    child.on('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
