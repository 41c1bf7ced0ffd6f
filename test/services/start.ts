/** jest's globalSetup: one throwaway PostgreSQL and, where there is one, one redis-server for the whole run. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

/** What the services' process says when it is ready. `failure` is why no database can be cloned. */
interface Ready {
  postgresUrl: string;
  redisUrl: string | null;
  failure: string | null;
}

declare global {
  var tributaryTestServices: ChildProcess | undefined;
}

export default async function startServices(jestConfig: { rootDir: string }): Promise<void> {
  const services = spawn(process.execPath, ['--import', 'tsx', 'test/services/daemon.ts'], {
    cwd: jestConfig.rootDir,
    // A group of its own: Ctrl-C reaches jest, and the services stop when jest's end of the pipe closes.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  globalThis.tributaryTestServices = services;
  const ready = JSON.parse(await firstLine(services)) as Ready;

  process.env['TRIBUTARY_TEST_PG_OWNER_URL'] = ready.postgresUrl;
  if (ready.redisUrl === null) {
    process.env['TRIBUTARY_TEST_REDIS_URL'] = '';
    process.stderr.write(
      'redis-server not found: tests on Redis are skipped. To run them: apt-get install redis-server\n',
    );
  } else {
    process.env['TRIBUTARY_TEST_REDIS_URL'] = ready.redisUrl;
  }
  if (ready.failure !== null) {
    // Tests that need no database should still run, so this fails the others one by one, by its name.
    process.env['TRIBUTARY_TEST_DATABASE_FAILURE'] = ready.failure;
    process.stderr.write(`no test databases: ${ready.failure}\n`);
  }
  // The services must not keep jest alive after its last test.
  services.unref();
  for (const stream of [services.stdin, services.stdout])
    (stream as unknown as { unref(): void } | null)?.unref();
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    (child.stdout as Readable).on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`the test services ended with ${code} before they were ready`)),
    );
  });
}
