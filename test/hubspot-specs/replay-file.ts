import { readExchanges } from '../../sandbox/hubspot/golden/exchange.ts';
import { createReplayer } from '../../sandbox/hubspot/golden/replay.ts';

/** Replays recorded traffic against the local HubSpot and prints what differs; true when nothing does. */
export async function replayFile(file: string): Promise<boolean> {
  const exchanges = readExchanges(file);
  const replayer = await createReplayer();
  let alike = 0;
  try {
    for (const [index, exchange] of exchanges.entries()) {
      const differences = await replayer.replay(exchange);
      const { method, path } = exchange.request;
      if (differences.length === 0) alike += 1;
      else console.log(`${index + 1} ${method} ${path}\n  ${differences.join('\n  ')}`);
    }
  } finally {
    await replayer.close();
  }
  console.log(`${alike} of ${exchanges.length} alike`);
  return alike === exchanges.length;
}
