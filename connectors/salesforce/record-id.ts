/** Ids come with 15 or 18 characters; the last three only repeat the case of the others. For comparing, never for sending. */
export function sameId(id: string): string {
  return id.slice(0, 15);
}

/** The 18-character form, as the API gives ids everywhere but in its messages. */
export function fullId(id: string): string {
  if (id.length !== 15) return id;
  const suffix = [0, 5, 10].map((start) => caseLetter(id.slice(start, start + 5)));
  return `${id}${suffix.join('')}`;
}

/** One bit per capital, the first character lowest, written as A–Z and 0–5. */
function caseLetter(five: string): string {
  const bits = [...five].reduce((sum, char, index) => sum + (/[A-Z]/.test(char) ? 2 ** index : 0), 0);
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'.charAt(bits);
}
