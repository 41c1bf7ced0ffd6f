import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A configuration never carries a record id from one org to another.',
    file: 'src/app/configuration/bundle.ts',
    find: 'if (ids.length > 0) throw new BundleError(file, ids);',
    without: '',
    test: 'src/app/configuration/configuration.test.ts',
  },
  {
    never: 'Nothing of a configuration is put into force while a part of it does not fit.',
    file: 'src/app/configuration/apply-configuration.ts',
    find: 'if (faults.length > 0) throw new BundleError(file, faults);',
    without: '',
    test: 'src/app/configuration/configuration.test.ts',
  },
];
