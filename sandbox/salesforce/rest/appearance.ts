import type { ObjectType } from '../schema/schema.ts';
import type { ApiRequest, Reply } from './request.ts';

/** Colours of the vendor's own objects are its design; this org paints every object alike. */
const COLOR = '5867E8';
const SIZES = [16, 32] as const;

/** `GET /tabs`: the pages a user can open, one for each object that people work with. */
export function listTabs(request: ApiRequest): Reply {
  const { url } = request.sandbox;
  const body = shownObjects(request).map((type) => ({
    colors: colors(),
    custom: type.name.endsWith('__c'),
    iconUrl: iconUrl(request, type, 32),
    icons: icons(request, type),
    label: type.definition.labelPlural,
    miniIconUrl: iconUrl(request, type, 16),
    name: type.name.endsWith('__c') ? type.name : `standard-${type.name}`,
    sobjectName: type.name,
    url: `${url}/${type.definition.keyPrefix}/o`,
  }));
  return { status: 200, body, records: 0 };
}

/** `GET /theme`: icons and colours of each object. */
export function readTheme(request: ApiRequest): Reply {
  const themeItems = shownObjects(request).map((type) => ({
    colors: colors(),
    icons: icons(request, type),
    name: type.name,
  }));
  return { status: 200, body: { themeItems }, records: 0 };
}

function shownObjects({ sandbox }: ApiRequest): ObjectType[] {
  return sandbox.org.preset.schema.objects.filter(({ definition }) => definition.layoutable);
}

function colors(): Record<string, string>[] {
  return [{ color: COLOR, context: 'primary', theme: 'theme4' }];
}

function icons(request: ApiRequest, type: ObjectType): Record<string, unknown>[] {
  return SIZES.map((size) => ({
    contentType: 'image/png',
    height: size,
    theme: 'theme3',
    url: iconUrl(request, type, size),
    width: size,
  }));
}

function iconUrl({ sandbox }: ApiRequest, type: ObjectType, size: number): string {
  return `${sandbox.url}/img/icon/${type.name.toLowerCase()}${size}.png`;
}
