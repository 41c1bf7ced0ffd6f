import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { variables } from './variables.ts';
import type { Variable } from './variables.ts';

const WIDTH = 100;

/** Where the generated file lies. */
export const ENV_EXAMPLE_FILE = fileURLToPath(new URL('../../../.env.example', import.meta.url));

/** The text of .env.example: every variable, explained, commented out. */
export function envExample(): string {
  const lines = [
    ...comment(
      'Every setting of Tributary. None is needed for "npm start": copy this file to .env and uncomment what you want ' +
        'to change. Made from src/platform/config/variables.ts by: npx tsx src/platform/config/env-example.ts',
    ),
  ];
  let section = '';
  for (const [name, variable] of Object.entries<Variable>(variables)) {
    if (variable.section !== section) {
      section = variable.section;
      lines.push('', `# ---- ${section} ${'-'.repeat(WIDTH - section.length - 8)}`);
    }
    const quoted = /[\s<>#]/.test(variable.example) ? `"${variable.example}"` : variable.example;
    lines.push('', ...comment(variable.explanation), `# ${name}=${quoted}`);
  }
  return `${lines.join('\n')}\n`;
}

function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(ENV_EXAMPLE_FILE, envExample());
