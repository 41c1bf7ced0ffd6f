import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import { resolveColumn } from './column.ts';
import { operandText } from './operand.ts';
import { parseSoql } from './parse.ts';
import { runSoql } from './run-query.ts';
import type { QueryOptions } from './scope.ts';
import { buildWhereTree, type Comparison, type WhereTree } from './where-tree.ts';

/** One way the optimizer could run a query. Costs below 1 make an index worth its while. */
export interface QueryPlan {
  cardinality: number;
  fields: string[];
  leadingOperationType: 'Index' | 'TableScan';
  notes: { description: string; fields: string[]; tableEnumOrId: string }[];
  relativeCost: number;
  sobjectCardinality: number;
  sobjectType: string;
}

/** An index pays while it finds less than this share of an object's rows. */
const SELECTIVE_SHARE = 0.3;

/** The plans of a statement, cheapest first: a scan, and the indexes its conditions could use. Throws like running it. */
export function explainSoql(
  org: Org,
  soql: string,
  options: QueryOptions,
): { plans: QueryPlan[]; sourceQuery: string } {
  const { query } = parseSoql(soql);
  const { type, rows } = runSoql(org, soql, options);
  const total = org.table(type.name).liveCount();
  const comparisons = query.where === undefined ? [] : required(buildWhereTree(query.where));
  const alias = query.sObjectAlias;
  const columns = comparisons.flatMap(({ operand, operator }) => {
    if (typeof operand !== 'string' || !['=', 'IN', '<', '>', '<=', '>='].includes(operator)) return [];
    return [resolveColumn({ org, schema: options.schema ?? org.preset.schema, type, soql, alias }, operand)];
  });
  const indexed = columns.filter(
    ({ field, path }) => path.length === 0 && (field.indexed || field.type === 'id'),
  );
  const plans = [
    ...indexed.map(({ field }) => indexPlan(type, field.name, rows.length, total)),
    scanPlan(type, comparisons, rows.length, total),
  ];
  return { plans: plans.sort((left, right) => left.relativeCost - right.relativeCost), sourceQuery: soql };
}

/** Comparisons every matching row must meet. */
function required(tree: WhereTree): Comparison[] {
  if (tree.kind === 'compare') return [tree.comparison];
  return tree.kind === 'and' ? tree.parts.flatMap(required) : [];
}

function indexPlan(type: ObjectType, name: string, found: number, total: number): QueryPlan {
  return {
    cardinality: found,
    fields: [name],
    leadingOperationType: 'Index',
    notes: [],
    relativeCost: total === 0 ? 0 : found / (total * SELECTIVE_SHARE),
    sobjectCardinality: total,
    sobjectType: type.name,
  };
}

function scanPlan(
  type: ObjectType,
  comparisons: readonly Comparison[],
  found: number,
  total: number,
): QueryPlan {
  const unindexed = comparisons.map(({ operand }) => operandText(operand));
  const notes =
    unindexed.length === 0
      ? []
      : [
          {
            description: 'Not considering filter for optimization because unindexed',
            fields: unindexed,
            tableEnumOrId: type.name,
          },
        ];
  return {
    cardinality: found,
    fields: [],
    leadingOperationType: 'TableScan',
    notes,
    relativeCost: 1 / SELECTIVE_SHARE,
    sobjectCardinality: total,
    sobjectType: type.name,
  };
}
