import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import { runSoql } from '../soql/run-query.ts';
import type { QueryOptions } from '../soql/scope.ts';
import { compileSearchText, wordsOf, type TextTest } from './match-text.ts';
import { malformedSearch, type Returning, type Search, type SearchScope } from './parse-sosl.ts';

const MAX_RESULTS = 2000;
const TEXT_TYPES = ['string', 'textarea', 'phone', 'email', 'url', 'picklist', 'combobox', 'encryptedstring'];

/** How a search is run: `indexedBefore` (epoch ms) because the search index lags behind the data. */
export interface SearchOptions extends QueryOptions {
  indexedBefore: number;
}

/** Finds records by words in their text, object by object in the order asked for. Throws MALFORMED_SEARCH, and what SOQL throws. */
export function runSearch(org: Org, search: Search, options: SearchOptions): Record<string, unknown>[] {
  const test = compileSearchText(search.text);
  const returning = search.returning ?? everything(org, options);
  const limit = Math.min(search.limit ?? MAX_RESULTS, MAX_RESULTS);
  const found: Record<string, unknown>[] = [];
  for (const one of returning) {
    if (found.length >= limit) break;
    found.push(...searchObject(org, one, search.scope, test, options));
  }
  return found.slice(0, limit);
}

function everything(org: Org, options: QueryOptions): Returning[] {
  return (options.schema ?? org.preset.schema).objects
    .filter(({ definition }) => definition.searchable)
    .map(({ name }) => ({ object: name, fields: [], clauses: '', limit: undefined, offset: 0 }));
}

function searchObject(
  org: Org,
  asked: Returning,
  scope: SearchScope,
  test: TextTest,
  options: SearchOptions,
): Record<string, unknown>[] {
  const fields = asked.fields.length === 0 ? ['Id'] : asked.fields;
  const soql = `SELECT ${fields.join(', ')} FROM ${asked.object} ${asked.clauses}`.trim();
  const { type, rows, project } = runSoql(org, soql, options);
  if (!type.definition.searchable) throw malformedSearch(`entity type ${type.name} does not support search`);
  const searched = searchedFields(type, scope);
  const matching = rows.filter((row) => isIndexed(row, options.indexedBefore) && test(textOf(row, searched)));
  return matching.slice(asked.offset, asked.offset + (asked.limit ?? MAX_RESULTS)).map(project);
}

function isIndexed(row: Row, before: number): boolean {
  return Number(row['CreatedDate'] ?? 0) <= before;
}

function searchedFields(type: ObjectType, scope: SearchScope): FieldDefinition[] {
  return type.fields.filter((field) => {
    const isName = field.nameField || /^(First|Last|Middle)Name$/.test(field.name);
    switch (scope) {
      case 'NAME':
        return isName;
      case 'EMAIL':
        return field.type === 'email';
      case 'PHONE':
        return field.type === 'phone';
      case 'SIDEBAR':
        return isName || field.externalId || field.type === 'email' || field.type === 'phone';
      case 'ALL':
        return TEXT_TYPES.includes(field.type);
    }
  });
}

/** The words of all searched fields, apart from each other: a phrase does not run on into the next field. */
function textOf(row: Row, fields: readonly FieldDefinition[]): string[] {
  return fields.flatMap(({ name }) => {
    const value = row[name];
    return value === undefined ? [] : [...wordsOf(String(value)), ''];
  });
}
