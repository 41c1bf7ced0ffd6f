import type { HavingClause, Query, WhereClause } from '@jetstreamapp/soql-parser-js';
import { operandText, type FunctionCall, type Operand } from './operand.ts';
import { malformed } from './query-error.ts';

/** One comparison as the parser read it: literals still as text. */
export interface Comparison {
  operand: Operand;
  operator: string;
  value: string | string[] | undefined;
  dateLiteral: boolean;
  /** The value is an amount with its currency, such as `USD500`. */
  withCurrency: boolean;
  subquery: Query | undefined;
}

/** A WHERE or HAVING clause as a tree. */
export type WhereTree =
  | { kind: 'compare'; comparison: Comparison }
  | { kind: 'not'; inner: WhereTree }
  | { kind: 'and' | 'or'; parts: WhereTree[] };

type Token = '(' | ')' | 'NOT' | 'AND' | 'OR' | Comparison;

/**
 * Turns the parser's chain of comparisons (parentheses counted on each link) into a tree.
 * AND and OR side by side without parentheses are refused, as by the vendor.
 */
export function buildWhereTree(where: WhereClause | HavingClause): WhereTree {
  const tokens = flatten(where);
  const tree = readExpression(tokens);
  if (tokens.length > 0) throw malformed(`unexpected token: '${describeToken(tokens[0])}'`);
  return tree;
}

function readExpression(tokens: Token[]): WhereTree {
  const first = readTerm(tokens);
  const operator = tokens[0];
  if (operator !== 'AND' && operator !== 'OR') return first;
  const parts = [first];
  while (tokens[0] === operator) {
    tokens.shift();
    parts.push(readTerm(tokens));
  }
  if (tokens[0] === 'AND' || tokens[0] === 'OR') throw malformed(`unexpected token: '${tokens[0]}'`);
  return { kind: operator === 'AND' ? 'and' : 'or', parts };
}

function readTerm(tokens: Token[]): WhereTree {
  const token = tokens.shift();
  if (token === 'NOT') return { kind: 'not', inner: readTerm(tokens) };
  if (token === '(') {
    const inner = readExpression(tokens);
    if (tokens.shift() !== ')') throw malformed(`expecting a right parentheses, found '<EOF>'`);
    return inner;
  }
  if (token === undefined || typeof token === 'string')
    throw malformed(`unexpected token: '${describeToken(token)}'`);
  return { kind: 'compare', comparison: token };
}

function describeToken(token: Token | undefined): string {
  if (token === undefined) return '<EOF>';
  return typeof token === 'string' ? token : operandText(token.operand);
}

interface Link {
  left: (Record<string, unknown> & { openParen?: number; closeParen?: number }) | null;
  operator?: string;
  right?: Link;
}

function flatten(where: WhereClause | HavingClause): Token[] {
  const tokens: Token[] = [];
  for (let link = where as unknown as Link | undefined; link !== undefined; link = link.right) {
    const { left } = link;
    repeat(tokens, '(', left?.openParen);
    const operand = left?.['field'] ?? left?.['fn'];
    if (left !== null && operand !== undefined)
      tokens.push(readComparison(left, operand as string | FunctionCall));
    repeat(tokens, ')', left?.closeParen);
    if (link.operator !== undefined) tokens.push(link.operator.toUpperCase() as Token);
  }
  return tokens;
}

function repeat(tokens: Token[], token: Token, times = 0): void {
  for (let count = 0; count < times; count += 1) tokens.push(token);
}

function readComparison(left: Record<string, unknown>, operand: Operand): Comparison {
  const types = [left['literalType']].flat().map(String);
  return {
    operand,
    operator: String(left['operator']).toUpperCase(),
    value: left['value'] as string | string[] | undefined,
    dateLiteral: types.some((type) => type === 'DATE_LITERAL' || type === 'DATE_N_LITERAL'),
    withCurrency: types.some((type) => type.endsWith('_WITH_CURRENCY_PREFIX')),
    subquery: left['valueQuery'] as Query | undefined,
  };
}
