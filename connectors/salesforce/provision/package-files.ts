/** The same set-up as an SFDX project in source format, which an administrator deploys with `sf project deploy start`. */
import { XMLBuilder } from 'fast-xml-parser';
import { API_VERSION } from '../versions.ts';
import type { Component, ComponentType, Content } from './component.ts';
import { INTEGRATION_SET } from './permission-set.ts';

const ROOT = 'force-app/main/default';
const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

/** Files by their path in the project. */
export function packageFiles(components: readonly Component[]): Map<string, string> {
  const unique = [...new Map(components.map((one) => [`${one.type} ${one.fullName}`, one])).values()];
  return new Map([
    ['sfdx-project.json', project()],
    ['README.md', readme],
    ['manifest/package.xml', manifest(unique)],
    ...unique.map((one) => [`${ROOT}/${pathOf(one)}`, source(one)] as const),
  ]);
}

const folders: Readonly<Record<Exclude<ComponentType, 'CustomField'>, [folder: string, suffix: string]>> = {
  Layout: ['layouts', 'layout'],
  PermissionSet: ['permissionsets', 'permissionset'],
  PlatformEventChannelMember: ['platformEventChannelMembers', 'platformEventChannelMember'],
  StandardValueSet: ['standardValueSets', 'standardValueSet'],
};

function pathOf({ type, fullName }: Component): string {
  if (type === 'CustomField') {
    const [object = '', name = ''] = fullName.split('.');
    return `objects/${object}/fields/${name}.field-meta.xml`;
  }
  const [folder, suffix] = folders[type];
  return `${folder}/${fullName}.${suffix}-meta.xml`;
}

const builder = new XMLBuilder({
  format: true,
  indentBy: '    ',
  ignoreAttributes: false,
  suppressEmptyNode: true,
});

function source({ type, fullName, content }: Component): string {
  // Only what stands inside an object bears its own name; other files are named by it.
  const named: Content =
    type === 'CustomField' ? { fullName: fullName.split('.')[1] ?? '', ...content } : content;
  return document(type, named);
}

function document(root: string, content: Content): string {
  const body = builder.build({ [root]: { '@_xmlns': NAMESPACE, ...content } });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
}

function manifest(components: readonly Component[]): string {
  const names = [...new Set(components.map(({ type }) => type))];
  const types = names.map((name) => ({
    members: components.flatMap(({ type, fullName }) => (type === name ? [fullName] : [])).sort(),
    name,
  }));
  return document('Package', { types, version: API_VERSION });
}

function project(): string {
  const content = {
    packageDirectories: [{ path: 'force-app', default: true }],
    name: 'tributary-salesforce',
    namespace: '',
    sfdcLoginUrl: 'https://login.salesforce.com',
    sourceApiVersion: API_VERSION,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const readme = `# What Tributary needs in this org

Written by \`tributary provision salesforce --sfdx\`. The layout and the picklist values are those of the org it was
written from, with what Tributary adds: write it anew for another org.

    sf project deploy start --manifest manifest/package.xml --target-org ORG
    sf org assign permset --name ${INTEGRATION_SET} --on-behalf-of INTEGRATION-USER --target-org ORG

Then \`tributary doctor\` says whether anything is missing.
`;
