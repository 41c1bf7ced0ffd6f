#!/usr/bin/env node
// Runs the TypeScript sources as they are now: what is compiled is named after their sizes and times, so nothing can be
// stale after a pull.
import { pathToFileURL } from 'node:url';
import { compileOnce } from './compile-once.mjs';

const compiled = await compileOnce('src/cli/main.ts');
if (compiled === null) (await import('tsx/esm/api')).register();
else process.setSourceMapsEnabled(true);
const { main } = await import(compiled === null ? '../src/cli/main.ts' : pathToFileURL(compiled).href);
process.exitCode = await main(process.argv.slice(2));
