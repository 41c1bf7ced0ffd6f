import pLimit from 'p-limit';

/** Sends items in batches of `size`, at most `inFlight` batches at a time; answers in the order of the items. */
export async function inBatches<Item, Answer>(
  items: readonly Item[],
  size: number,
  inFlight: number,
  send: (batch: Item[]) => Promise<Answer[]>,
): Promise<Answer[]> {
  const slot = pLimit(inFlight);
  const batches = Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
  return (await Promise.all(batches.map((batch) => slot(() => send(batch))))).flat();
}
