import { Decimal } from 'decimal.js';
import type { FieldValue } from '../../crm/connector.ts';

const decimal = /^-?\d+(\.\d+)?$/;

/** Whether the CRM would show one value where the other was sent: 5000 and '5000.00' are the same, null and '' too. */
export function isSameValue(left: FieldValue, right: FieldValue): boolean {
  const [one, other] = [textOf(left), textOf(right)];
  if (one === other) return true;
  return decimal.test(one) && decimal.test(other) && new Decimal(one).equals(other);
}

function textOf(value: FieldValue): string {
  return value === null ? '' : String(value);
}
