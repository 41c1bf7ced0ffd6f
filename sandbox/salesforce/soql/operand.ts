/** A function call as the parser reads it. */
export interface FunctionCall {
  functionName?: string;
  parameters?: readonly (string | FunctionCall)[];
  rawValue?: string;
  alias?: string;
}

/** What stands where a field may stand: a field's name or a function call. */
export type Operand = string | FunctionCall;

const AGGREGATES = new Set(['COUNT', 'COUNT_DISTINCT', 'SUM', 'AVG', 'MIN', 'MAX', 'GROUPING']);

/** The function's name in capitals. */
export function functionName(call: FunctionCall): string {
  return (call.functionName ?? '').toUpperCase();
}

/** Whether it sums up a group of rows. */
export function isAggregate(operand: Operand): operand is FunctionCall {
  return typeof operand !== 'string' && AGGREGATES.has(functionName(operand));
}

/** As written, for error messages. */
export function operandText(operand: Operand): string {
  return typeof operand === 'string' ? operand : (operand.rawValue ?? functionName(operand));
}

/** The same text for the same operand, however it was written: how a HAVING finds what GROUP BY named. */
export function operandKey(operand: Operand): string {
  if (typeof operand === 'string') return operand.toUpperCase();
  return `${functionName(operand)}(${(operand.parameters ?? []).map(operandKey).join(',')})`;
}
