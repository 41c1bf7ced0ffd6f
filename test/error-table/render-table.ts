import type { Row } from './tell-row.ts';

/** The page, as it is committed. */
export function renderTable(
  rows: readonly Row[],
  { vendor, test }: { vendor: string; test: string },
): string {
  const cells = rows.map((row) =>
    [`\`${row.code}\``, row.answer, row.during, row.did, row.operatorSaw, row.nextStep, row.inTheEnd].join(
      ' | ',
    ),
  );
  return `# What Tributary does about each error of ${vendor}

Written by \`${test}\`, which meets each of these with a deal of its own on the local ${vendor} and looks
at what happens. Do not edit it; \`WRITE_ERROR_TABLE=1 npm test -- test/error-table\` writes it anew.

*The operator saw* is what \`tributary reconcile\`, \`tributary cards\` and \`tributary connections\` show while it is so. *In the end* is
what became of the deal once the cause was gone: how often its record was created must always be one.

| code | answer | while | Tributary | the operator saw | next step shown | in the end |
| --- | --- | --- | --- | --- | --- | --- |
${cells.map((line) => `| ${line} |`).join('\n')}
`;
}
