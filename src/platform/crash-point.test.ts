import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { crashMarker } from './crash-point.ts';

const MODULE = new URL('./crash-point.ts', import.meta.url).href;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'crash-point-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function runThrough(point: string, crashAt: string | undefined): { signal: string | null; output: string } {
  const script = scriptOf(point);
  const env = { ...process.env, TRIBUTARY_CRASH_DIR: folder };
  const ran = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    env: crashAt === undefined ? env : { ...env, TRIBUTARY_CRASH_AT: crashAt },
    encoding: 'utf8',
  });
  return { signal: ran.signal, output: ran.stdout.trim() };
}

function scriptOf(point: string): string {
  return `import { crashPoint } from '${MODULE}'; await crashPoint('${point}'); console.log('passed');`;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('crashPoint', () => {
  it('kills the process at the named point once, and lets the restarted one pass', () => {
    expect(runThrough('money:after-claim', 'money:after-claim')).toEqual({ signal: 'SIGKILL', output: '' });
    expect(existsSync(crashMarker(folder, 'money:after-claim'))).toBe(true);
    expect(runThrough('money:after-claim', 'money:after-claim')).toEqual({ signal: null, output: 'passed' });
  });

  it('stops the process at the named point until it is told to go on', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', scriptOf('a:b')], {
      env: { ...process.env, TRIBUTARY_CRASH_DIR: folder, TRIBUTARY_PAUSE_AT: 'a:b' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until(() => existsSync(crashMarker(folder, 'a:b')));
    // A process that went on would have ended by then.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect({ output, ended: child.exitCode }).toEqual({ output: '', ended: null });
    child.kill('SIGCONT');
    await once(child, 'close');
    expect(output.trim()).toBe('passed');
  });

  it('does nothing at another point or when none is named', () => {
    expect(runThrough('money:after-claim', 'money:before-commit').output).toBe('passed');
    expect(runThrough('money:after-claim', undefined).output).toBe('passed');
    expect(existsSync(crashMarker(folder, 'money:after-claim'))).toBe(false);
  });
});
