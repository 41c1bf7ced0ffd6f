import { createHash } from 'node:crypto';
import type { SourceView } from './evaluate.ts';
import { placeholdersOf, type CardSection } from './sections/card.ts';

export interface RenderedNote {
  title: string;
  text: string;
  /** Equal hash = the CRM's note says this already. */
  hash: string;
}

/** The note of one deal; null where the mapping wants none. */
export function renderNote(
  card: CardSection | undefined,
  view: SourceView,
  dealId: string,
): RenderedNote | null {
  if (card?.note !== 'on') return null;
  const title = `${card.title} (${dealId})`;
  const text = card.text
    .split('\n')
    .flatMap((line) => renderLine(line, view))
    .join('\n');
  const hash = createHash('sha256')
    .update(JSON.stringify([title, text]))
    .digest('hex');
  return { title, text, hash };
}

function renderLine(line: string, view: SourceView): string[] {
  const values = new Map(placeholdersOf(line).map((name) => [name, valueOf(view, name)]));
  if (values.size > 0 && [...values.values()].every((value) => value === '')) return [];
  return [line.replace(/\{([^{}]*)\}/g, (_whole, name: string) => values.get(name) ?? '')];
}

function valueOf(view: SourceView, name: string): string {
  const value = (view as Record<string, unknown>)[name];
  return value === null || value === undefined ? '' : String(value);
}
