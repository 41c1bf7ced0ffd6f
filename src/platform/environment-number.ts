/**
 * A number of the environment for modules that need it before there is a configuration, which checks it. Blank counts as
 * unset, as there: taken for 0, an empty line in a compose file would make every lease end at once and nothing be sent.
 */
export function environmentNumber(name: string, usual: number): number {
  const text = process.env[name]?.trim() ?? '';
  return text === '' ? usual : Number(text);
}
