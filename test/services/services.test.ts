import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { isAlive } from '../../src/platform/database/embedded/processes.ts';

describe('the services of a test run', () => {
  it('stop when the run that started them dies, however it dies', async () => {
    const services = await startServices();
    const pids = await serverPids(services);
    expect(pids.every(isAlive)).toBe(true);
    services.stdin?.destroy();
    await gone([services.pid ?? 0, ...pids]);
    expect(await foldersOf(services)).toEqual([]);
  });

  it('are cleared away by the next run when they were killed themselves', async () => {
    const killed = await startServices();
    const pids = await serverPids(killed);
    killed.kill('SIGKILL');
    await gone([killed.pid ?? 0]);
    expect(pids.every(isAlive)).toBe(true);

    const next = await startServices();
    await gone(pids);
    expect(await foldersOf(killed)).toEqual([]);
    next.stdin?.end();
    await gone([next.pid ?? 0]);
  });
});

async function startServices(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join('test', 'services', 'daemon.ts')], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', (code) => reject(new Error(`the services ended with ${code}`)));
  });
  return child;
}

/** PostgreSQL's process id, and Redis's where there is one. */
async function serverPids(services: ChildProcess): Promise<number[]> {
  const [folder] = await foldersOf(services);
  const files = ['postgres/cluster/data/postmaster.pid', 'redis/redis.pid'];
  const texts = await Promise.all(
    files.map((file) => readFile(path.join(folder ?? '', file), 'utf8').catch(() => '')),
  );
  return texts.map((text) => Number.parseInt(text, 10)).filter((pid) => !Number.isNaN(pid));
}

async function foldersOf(services: ChildProcess): Promise<string[]> {
  const names = await readdir(tmpdir());
  return names
    .filter((name) => name.startsWith(`tributary-test-services-${services.pid}-`))
    .map((name) => path.join(tmpdir(), name));
}

async function gone(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (pids.some(isAlive)) {
    if (Date.now() > deadline) throw new Error('the services are still running after a minute');
    await sleep(20);
  }
}
