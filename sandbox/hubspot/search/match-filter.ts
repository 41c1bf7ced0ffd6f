import type { Property } from '../portal/property.ts';
import { valueInView, type RecordView } from '../records/record.ts';
import type { Filter } from './search-request.ts';

/** Tells whether a record, as the index knows it, passes a filter. */
export type Predicate = (view: RecordView) => boolean;

/** Compiles a filter. Text is compared without regard to case. */
export function compileFilter(filter: Filter, property: Property): Predicate {
  const name = filter.propertyName;
  const read = (view: RecordView): string | undefined => valueInView(view, name);
  const comparable = comparer(property);
  const wanted = filter.value === undefined ? undefined : comparable(filter.value);
  switch (filter.operator) {
    case 'HAS_PROPERTY':
      return (view) => read(view) !== undefined;
    case 'NOT_HAS_PROPERTY':
      return (view) => read(view) === undefined;
    case 'EQ':
      return having(read, (value) => comparable(value) === wanted);
    case 'NEQ':
      return having(read, (value) => comparable(value) !== wanted);
    case 'IN':
      return having(read, oneOf(filter, property));
    case 'NOT_IN': {
      const listed = oneOf(filter, property);
      return having(read, (value) => !listed(value));
    }
    case 'LT':
      return having(read, (value) => comparable(value) < (wanted as number | string));
    case 'LTE':
      return having(read, (value) => comparable(value) <= (wanted as number | string));
    case 'GT':
      return having(read, (value) => comparable(value) > (wanted as number | string));
    case 'GTE':
      return having(read, (value) => comparable(value) >= (wanted as number | string));
    case 'BETWEEN': {
      const high = comparable(filter.highValue ?? '');
      return having(read, (value) => {
        const current = comparable(value);
        return current >= (wanted as number | string) && current <= high;
      });
    }
    case 'CONTAINS_TOKEN':
      return having(read, (value) => containsToken(value, filter.value ?? ''));
    case 'NOT_CONTAINS_TOKEN':
      return having(read, (value) => !containsToken(value, filter.value ?? ''));
  }
}

/** Turns values of a property into what `<` compares rightly: numbers, epoch milliseconds or lower-case text. */
export function comparer(property: Property): (value: string) => number | string {
  switch (property.type) {
    case 'number':
      return Number;
    case 'date':
    case 'datetime':
      return (value) => (/^-?\d+$/.test(value) ? Number(value) : Date.parse(value));
    case 'string':
    case 'enumeration':
    case 'bool':
      return (value) => value.toLowerCase();
  }
}

/** Values of a list must be given in lower case for text properties (HubSpot's search guide): others match nothing. */
function oneOf(filter: Filter, property: Property): (value: string) => boolean {
  if (property.type !== 'string') {
    const comparable = comparer(property);
    const listed = new Set((filter.values ?? []).map(comparable));
    return (value) => listed.has(comparable(value));
  }
  const listed = new Set(filter.values ?? []);
  return (value) => listed.has(value.toLowerCase());
}

function having(read: (view: RecordView) => string | undefined, test: (value: string) => boolean): Predicate {
  return (view) => {
    const value = read(view);
    return value !== undefined && test(value);
  };
}

/** Whole words, `*` standing for any run of characters within one. */
export function containsToken(value: string, token: string): boolean {
  const words = value.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  const parts = token
    .toLowerCase()
    .split(/[^\p{L}\p{N}*]+/u)
    .filter((part) => part !== '');
  return parts.every((part) => {
    const pattern = new RegExp(`^${part.replaceAll('*', '.*')}$`, 'u');
    return words.some((word) => pattern.test(word));
  });
}
