import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const CpuAnswer = z.object({ cpu: z.object({ user: z.number(), system: z.number() }) });
const answerCpu = fileURLToPath(new URL('./answer-cpu.mjs', import.meta.url));
const stopLimitMs = 20_000;

/** A process of its own whose processor time can be asked for while it runs. */
export interface MeasuredProcess {
  /** The next line on its stdout. Rejects when the process ends before. */
  line(): Promise<string>;
  /** User and system time since its start, in seconds. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

export function startMeasured(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): MeasuredProcess {
  const nodeArgs = [...profilerArgs(), '--import', 'tsx', '--import', answerCpu];
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...inherited(), ...environment },
  });
  if (!child.stdout) throw new Error('the process was started without a pipe to read from');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    line: async () => {
      const next = await lines.next();
      if (next.done) throw new Error(`${script} ended before it answered`);
      return next.value;
    },
    cpuSeconds: () => askCpu(child),
    stop: () => stop(child),
  };
}

/** For looking inside: BENCH_NODE_ARGS="--cpu-prof --cpu-prof-dir=/tmp/profiles" npm run bench */
function profilerArgs(): string[] {
  return (process.env['BENCH_NODE_ARGS'] ?? '').split(' ').filter((argument) => argument !== '');
}

/** Nothing of the caller's own configuration may reach a measured process. */
function inherited(): NodeJS.ProcessEnv {
  const foreign = /^(TRIBUTARY_|SALESFORCE_|HUBSPOT_|DATABASE_URL$|REDIS_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function askCpu(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the measured process ended')));
    child.once('message', (message) => {
      const { cpu } = CpuAnswer.parse(message);
      resolve((cpu.user + cpu.system) / 1e6);
    });
    child.send('cpu?');
  });
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const kill = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
