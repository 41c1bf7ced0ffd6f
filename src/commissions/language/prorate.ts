/** How much of a period a partner was there that joined or left within it. */
import type { z } from 'zod';
import { choice } from './choices.ts';

export const Prorate = choice('By days, by months that have begun, or by whole months?', [
  'days',
  'months-begun',
  'whole-months',
]);
export type Prorate = z.infer<typeof Prorate>;
