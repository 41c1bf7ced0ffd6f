/** The nth record's number in a display format such as `D-{0000}`: the zeros say how many digits there are at least. */
export function autoNumber(format: string, n: number): string {
  return format.replace(/\{(0+)\}/, (_whole, zeros: string) => String(n).padStart(zeros.length, '0'));
}
