import { z } from 'zod';
import type { Sandbox } from '../../sandbox.ts';
import { checkDeveloperName } from '../check-field.ts';
import type { Component } from '../component-store.ts';
import { MetadataError, missing, notFoundByName } from '../metadata-error.ts';
import { optionalBoolean, optionalText, readContent, readShape, type Plain } from '../plain.ts';
import type { MetadataKind } from './kind.ts';

const TYPE = 'ValidationRule';
const MAX_MESSAGE = 255;

const shape = z.strictObject({
  fullName: optionalText,
  active: optionalBoolean,
  description: optionalText,
  errorConditionFormula: optionalText,
  errorDisplayField: optionalText,
  errorMessage: optionalText,
});

/**
 * Validation rules, kept as data: this org does not work out formulas. What refuses records here are
 * the rules of the setting `validationRules`.
 */
export const validationRuleKind: MetadataKind = {
  type: TYPE,
  checkShape: (plain) => void readShape(shape, TYPE, plain),
  create(work, fullName, plain) {
    const [object = '', name = ''] = fullName.split('.');
    if (work.sandbox.org.preset.schema.object(object) === undefined)
      throw notFoundByName('CustomObject', object);
    checkDeveloperName(name, 40);
    if (work.sandbox.metadata.get(TYPE, fullName) !== undefined) {
      throw new MetadataError(
        'DUPLICATE_DEVELOPER_NAME',
        `There is already a ValidationRule named ${name} on ${object}.`,
        ['fullName'],
      );
    }
    work.put(TYPE, fullName, checked(work.sandbox, object, plain));
  },
  update(work, fullName, plain) {
    const before = existing(work.sandbox, fullName);
    work.put(TYPE, before.fullName, checked(work.sandbox, before.fullName.split('.')[0] ?? '', plain));
  },
  delete: (work, fullName) => work.remove(existing(work.sandbox, fullName)),
  read: (sandbox, fullName) => sandbox.metadata.get(TYPE, fullName)?.content,
  list: (sandbox) => sandbox.metadata.list(TYPE),
};

function existing(sandbox: Sandbox, fullName: string): Component {
  const found = sandbox.metadata.get(TYPE, fullName);
  if (found === undefined) throw notFoundByName(TYPE, fullName);
  return found;
}

function checked(sandbox: Sandbox, object: string, plain: Plain): Plain {
  const content = readContent(shape, TYPE, plain);
  if (content.active === undefined) throw missing('active');
  if (content.errorConditionFormula === undefined) throw missing('errorConditionFormula');
  if (content.errorMessage === undefined) throw missing('errorMessage');
  if (content.errorMessage.length > MAX_MESSAGE) {
    throw new MetadataError(
      'STRING_TOO_LONG',
      `Error Message: data value too large: ${content.errorMessage} (max length=${MAX_MESSAGE})`,
      ['errorMessage'],
    );
  }
  const shownAt = content.errorDisplayField;
  if (shownAt !== undefined && sandbox.org.preset.schema.object(object)?.field(shownAt) === undefined)
    throw notFoundByName('CustomField', `${object}.${shownAt}`, 'errorDisplayField');
  return content;
}
