import { z } from 'zod';

const StoredProducts = z.array(
  z.looseObject({
    name: z.string(),
    quantity: z.number().int().default(1),
    code: z.string().optional(),
    unitPrice: z.string().optional(),
  }),
);

/** A product of a registration as a line of its deal. */
export interface DealLine {
  /** Stable while the registration names the product as often: its code or name, and which of several it is. */
  line: string;
  code: string | null;
  name: string;
  quantity: string;
  unitPrice: string | null;
}

/** What `deals.products` holds; old rows may hold anything, which is no line then. */
export function linesOf(products: unknown): DealLine[] {
  const parsed = StoredProducts.safeParse(products);
  if (!parsed.success) return [];
  const counted = new Map<string, number>();
  return parsed.data.map(({ name, code = null, quantity, unitPrice = null }) => {
    const product = (code ?? name).toLowerCase();
    const nth = (counted.get(product) ?? 0) + 1;
    counted.set(product, nth);
    return { line: `${product} ${nth}`, code, name, quantity: String(quantity), unitPrice };
  });
}
