/** Follows a guide block by block, in a fresh copy of the tree; salesforce-guide.test.ts says what the marks of blocks mean. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import {
  copyTree,
  plainEnvironment,
  runLines,
  shortNpx,
  startUntilStopped,
  type Ran,
  type Running,
} from './newcomer.ts';
import { has, isNotRunHere, markValue, place, readPage, type Block } from './read-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface Follower {
  follow(step: string): Promise<void>;
  /** What the block before printed, on both streams. */
  answer(): string;
  /** Lines of the test's own, as the reader would run them. */
  run(lines: string): Promise<Ran>;
  /** Ends what keeps running, as a person does. @returns how it ended */
  close(): Promise<Ran | undefined>;
}

/** The headings with something to run or to write. */
export function stepsOf(page: string): string[] {
  return [...new Set(toDo(page).map(({ section }) => section))];
}

function toDo(page: string): Block[] {
  return readPage(root, page).blocks.filter(
    (block) => (!isNotRunHere(block) && block.language !== 'text') || has(block, 'in the answer'),
  );
}

/** @param opened called with the block of `.env` once it is written; the variables for the processes after it */
export async function openFollower(
  page: string,
  opened: (block: Block, folder: string) => Promise<Record<string, string>>,
): Promise<Follower> {
  const tree = await copyTree(root);
  const blocks = toDo(page);
  let server: Running | undefined;
  let env = plainEnvironment({});
  let answer = '';

  async function followBlock(block: Block): Promise<void> {
    const name = markValue(block, 'file');
    if (name !== undefined) return writeFile(path.join(tree.folder, name), `${block.text}\n`);
    if (block.language === 'dotenv') {
      await writeFile(path.join(tree.folder, '.env'), `${block.text}\n`);
      env = plainEnvironment({ ...(await opened(block, tree.folder)), TRIBUTARY_HTTP_PORT: '0' });
    } else if (has(block, 'in the answer'))
      expect({ at: place(block), lacks: lacking(block, answer) }).toMatchObject({ lacks: [] });
    else if (block.language === 'sh') await run(block);
    else throw new Error(`${place(block)}: nothing says what this block is for`);
  }

  async function run(block: Block): Promise<void> {
    if (has(block, 'keeps running')) {
      const isReady = (printed: string): boolean => printed.includes('secrets.json');
      server = await startUntilStopped(tree.folder, block.text, env, isReady);
      const url = /is running: (\S+)/.exec(server.printed)?.[1] ?? '';
      answer = server.printed.replaceAll(url, 'http://127.0.0.1:8466');
      return;
    }
    const shown = blocks[blocks.indexOf(block) + 1];
    const isFirst = block === blocks.find(({ text }) => text.includes('npx tributary'));
    const lines = isFirst ? block.text : `${shortNpx(tree.folder)}\n${block.text}`;
    for (let times = 1; ; times++) {
      const { code, stdout, stderr } = await runLines(tree.folder, lines, env);
      answer = stdout + stderr;
      if (code !== 0 && !has(block, `may end with ${String(code)}`))
        throw new Error(`${place(block)} ended with ${String(code)}:\n${block.text}\n${answer}`);
      const again = shown !== undefined && has(block, 'again until it answers so') && times < 20;
      if (!again || lacking(shown, answer).length === 0) return;
    }
  }

  return {
    answer: () => answer,
    run: (lines) => runLines(tree.folder, `${shortNpx(tree.folder)}\n${lines}`, env),
    follow: async (step) => {
      for (const block of blocks.filter(({ section }) => section === step)) await followBlock(block);
    },
    close: async () => {
      const stopped = await server?.interrupt();
      await tree.remove();
      return stopped;
    },
  };
}

/** Lines of the block that were not printed. @returns with them, for whoever reads the failure, what was */
function lacking(block: Block, answer: string): string[] {
  const printed = answer.split('\n');
  const missing = block.text.split('\n').filter((line) => {
    const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const wanted = new RegExp(`^${parts.join('.*')}`);
    return !printed.some((each) => wanted.test(each));
  });
  return missing.length === 0 ? [] : [...missing, `printed was:\n${answer}`];
}
