/**
 * Reads a date written in a form of YYYY, YY, MM, M, DD, D and separators as 'YYYY-MM-DD'. Two-digit years are of
 * this century. Null when the text is not of the form or no such day exists.
 */
export function readDate(text: string, form: string): string | null {
  const order: ('year' | 'month' | 'day')[] = [];
  const pattern = form.replace(/YYYY|YY|MM|M|DD|D|[^YMD]/g, (token) => {
    switch (token) {
      case 'YYYY':
      case 'YY':
        order.push('year');
        return `(\\d{${token.length}})`;
      case 'MM':
      case 'M':
        order.push('month');
        return token === 'MM' ? '(\\d{2})' : '(\\d{1,2})';
      case 'DD':
      case 'D':
        order.push('day');
        return token === 'DD' ? '(\\d{2})' : '(\\d{1,2})';
      default:
        return token.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
    }
  });
  const match = new RegExp(`^${pattern}$`).exec(text);
  if (match === null) return null;
  const part = (name: 'year' | 'month' | 'day'): string => match[order.indexOf(name) + 1] ?? '';
  const year = part('year').length === 2 ? `20${part('year')}` : part('year');
  return existingDay(`${year}-${part('month').padStart(2, '0')}-${part('day').padStart(2, '0')}`);
}

function existingDay(day: string): string | null {
  const instant = new Date(`${day}T00:00:00.000Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(day) ? day : null;
}
