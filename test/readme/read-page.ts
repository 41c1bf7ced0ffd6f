import { readFileSync } from 'node:fs';

/** One fenced block of a page. */
export interface Block {
  page: string;
  /** The `##` heading it stands under; empty above the first. */
  section: string;
  /** Line of the opening fence, from 1. */
  line: number;
  language: string;
  text: string;
  /** What the HTML comment right above the block says, split at commas: readers do not see it, the test obeys it. */
  marks: readonly string[];
}

/** The fenced blocks of a Markdown page, in order. Blocks in lists are indented; the indent is not part of the text. */
export function readBlocks(page: string, source: string): Block[] {
  const blocks: Block[] = [];
  const lines = source.split('\n');
  let open: { line: number; indent: string; language: string; text: string[]; marks: string[] } | undefined;
  let marks: string[] = [];
  let section = '';
  for (const [index, line] of lines.entries()) {
    const fence = /^(\s*)```(\S*)/.exec(line);
    if (open) {
      if (fence && fence[2] === '') {
        const { line: start, language, text, marks: marked } = open;
        blocks.push({ page, section, line: start, language, text: text.join('\n'), marks: marked });
        open = undefined;
      } else open.text.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
      continue;
    }
    section = /^## (.+)$/.exec(line)?.[1] ?? section;
    const comment = /^\s*<!--\s*(.*?)\s*-->\s*$/.exec(line)?.[1];
    if (comment !== undefined) marks = comment.split(',').map((mark) => mark.trim());
    else if (fence) {
      open = { line: index + 1, indent: fence[1] ?? '', language: fence[2] ?? '', text: [], marks };
      marks = [];
    } else if (line.trim() !== '') marks = [];
  }
  if (open) throw new Error(`${page}:${open.line}: the block does not end`);
  return blocks;
}

export function readPage(root: string, page: string): { source: string; blocks: Block[] } {
  const source = readFileSync(`${root}/${page}`, 'utf8');
  return { source, blocks: readBlocks(page, source) };
}

export const place = (block: Block): string => `${block.page}:${block.line}`;
export const has = (block: Block, mark: string): boolean => block.marks.includes(mark);
export const isNotRunHere = (block: Block): boolean =>
  block.marks.some((mark) => mark.startsWith('not run here: '));

/** The value of a mark `<name>: <value>`, such as the file a block is to be saved as. */
export function markValue(block: Block, name: string): string | undefined {
  return block.marks.find((mark) => mark.startsWith(`${name}: `))?.slice(name.length + 2);
}

/** `NAME=value` lines, as a `.env` file is read. */
export function readVariables(block: Block): Record<string, string> {
  const pairs = block.text.split('\n').flatMap((line) => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value.replace(/^"(.*)"$/, '$1')]];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}
