import type { StreamRow } from './tell-stream.ts';

/** The page, as it is committed. */
export function renderStreamTable(rows: readonly StreamRow[]): string {
  const lines = rows.map((row) =>
    [`\`${row.code}\``, row.did, row.operatorSaw, row.nextStep, row.heardBy].join(' | '),
  );
  return `# What Tributary does when Salesforce ends the event stream

Written by \`test/error-table/stream-errors.test.ts\`, which ends a stream with each of these and then lets a rep change a record.
Do not edit it; \`WRITE_ERROR_TABLE=1 npm test -- test/error-table\` writes it anew.

| code | Tributary | the operator saw | next step shown | the next change was heard by |
| --- | --- | --- | --- | --- |
${lines.map((line) => `| ${line} |`).join('\n')}
`;
}
