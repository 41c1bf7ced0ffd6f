import { readExchanges } from './exchange.ts';
import { createReplayer } from './replay.ts';

/** Replays a file of recordings and prints what differs: `npm run replay:salesforce -- FILE [PRESET]`. */
async function main([file = '', preset]: readonly string[]): Promise<void> {
  const exchanges = readExchanges(file);
  const replayer = await createReplayer(preset);
  let equal = 0;
  for (const [index, exchange] of exchanges.entries()) {
    const differences = await replayer.replay(exchange);
    if (differences.length === 0) equal += 1;
    else
      process.stdout.write(`${index} ${exchange.method} ${exchange.path}\n  ${differences.join('\n  ')}\n`);
  }
  await replayer.close();
  process.stdout.write(`${equal} of ${exchanges.length} alike\n`);
}

await main(process.argv.slice(2));
