import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const CpuAnswer = z.object({ cpu: z.object({ user: z.number(), system: z.number() }) });
const MemoryAnswer = z.object({ memory: z.object({ rss: z.number(), heapUsed: z.number() }) });
const answerCpu = fileURLToPath(new URL('./answer-cpu.mjs', import.meta.url));
const stopLimitMs = 20_000;

/** A process of its own whose processor time can be asked for while it runs. */
export interface MeasuredProcess {
  /** The next line on its stdout. Rejects when the process ends before. */
  line(): Promise<string>;
  /** User and system time since its start, in seconds. */
  cpuSeconds(): Promise<number>;
  /** Bytes it holds; after a collection when it was started with `--expose-gc`. */
  memory(): Promise<{ rss: number; heapUsed: number }>;
  stop(): Promise<void>;
}

export function startMeasured(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  extraNodeArgs: readonly string[] = [],
): MeasuredProcess {
  const nodeArgs = [...profilerArgs(), ...extraNodeArgs, '--import', 'tsx', '--import', answerCpu];
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
    cpuSeconds: async () => {
      const { cpu } = await ask(child, 'cpu?', CpuAnswer);
      return (cpu.user + cpu.system) / 1e6;
    },
    memory: async () => (await ask(child, 'memory?', MemoryAnswer)).memory,
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

function ask<Answer extends z.ZodType>(
  child: ChildProcess,
  question: string,
  answer: Answer,
): Promise<z.infer<Answer>> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the measured process ended'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(answer.parse(message));
    });
    child.send(question);
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
