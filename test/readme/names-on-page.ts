/** The commands there are, and the anchors of headings: what a page may name. */
import { Command } from 'commander';
import { addCommands } from '../../src/cli/commands.ts';

function program(): Command {
  const made = new Command('tributary');
  addCommands(made, () => undefined);
  return made;
}

/** Every command that does something, as it is typed: "partners add", "doctor". */
export function leaves(command: Command = program(), path: readonly string[] = []): string[] {
  return command.commands.flatMap((each) => {
    const name = [...path, each.name()];
    return each.commands.length > 0 ? leaves(each, name) : [name.join(' ')];
  });
}

/** As typed: "partners add", or the first word alone. */
export function exists(typed: string): boolean {
  const [first = '', second = ''] = typed.split(' ');
  const command = program().commands.find((each) => each.name() === first);
  if (!command) return false;
  return (
    command.commands.length === 0 || second === '' || command.commands.some((each) => each.name() === second)
  );
}

export function uses(line: string, command: string): boolean {
  return new RegExp(`npx tributary ${command}(\\s|$)`).test(line);
}

/** As GitHub makes anchors of headings. */
export function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
