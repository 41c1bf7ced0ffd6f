/** Our section of a page layout. Everything else on the page is written back as it was read. */
import { elements, listed, type Content } from './component.ts';

export const SECTION = 'Partner deal';

/** Fields that the page does not show anywhere yet. */
export function missingOn(layout: Content, fields: readonly string[]): string[] {
  const shown = new Set(itemsOf(elements(layout['layoutSections'])).map((one) => one['field']));
  return fields.filter((field) => !shown.has(field));
}

/** The page with our section and these fields in it, read-only: they are kept by Tributary. */
export function withFields(layout: Content, fields: readonly string[]): Content {
  const sections = elements(layout['layoutSections']);
  const items = fields.map((field) => ({ behavior: 'Readonly', field }));
  const own = sections.findIndex((one) => one['label'] === SECTION);
  const changed =
    own < 0
      ? [...sections.slice(0, 1), newSection(items), ...sections.slice(1)]
      : sections.map((one, at) => (at === own ? withItems(one, items) : one));
  return { ...layout, layoutSections: changed };
}

/** The page without our fields, and without our section when nothing else is in it. */
export function withoutFields(layout: Content, fields: ReadonlySet<string>): Content {
  const isOurs = (one: Content): boolean => typeof one['field'] === 'string' && fields.has(one['field']);
  const sections = elements(layout['layoutSections'])
    .map((section) =>
      itemsOf([section]).some(isOurs)
        ? { ...section, layoutColumns: columnsOf(section).map((column) => dropped(column, isOurs)) }
        : section,
    )
    .filter((section) => section['label'] !== SECTION || itemsOf([section]).length > 0);
  return { ...layout, layoutSections: sections };
}

export function shows(layout: Content, fields: ReadonlySet<string>): boolean {
  return itemsOf(elements(layout['layoutSections'])).some(
    (one) => typeof one['field'] === 'string' && fields.has(one['field']),
  );
}

function newSection(items: readonly Content[]): Content {
  const half = Math.ceil(items.length / 2);
  return {
    customLabel: true,
    detailHeading: true,
    editHeading: true,
    label: SECTION,
    layoutColumns: [{ layoutItems: items.slice(0, half) }, { layoutItems: items.slice(half) }],
    style: 'TwoColumnsTopToBottom',
  };
}

function withItems(section: Content, items: readonly Content[]): Content {
  const [first = {}, ...others] = columnsOf(section);
  const column = { ...first, layoutItems: [...listed(first['layoutItems']), ...items] };
  return { ...section, layoutColumns: [column, ...others] };
}

function dropped(column: Content, isOurs: (item: Content) => boolean): Content {
  return { ...column, layoutItems: elements(column['layoutItems']).filter((one) => !isOurs(one)) };
}

/** An empty column is an empty element, and must stay one: the section's style says how many there are. */
function columnsOf(section: Content): Content[] {
  return asList(section['layoutColumns']).map((one) =>
    typeof one === 'object' && !Array.isArray(one) ? one : {},
  );
}

function asList(value: Content[string] | undefined): Content[string][] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function itemsOf(sections: readonly Content[]): Content[] {
  return sections.flatMap((section) =>
    columnsOf(section).flatMap((column) => elements(column['layoutItems'])),
  );
}
