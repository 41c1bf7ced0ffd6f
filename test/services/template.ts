/** The migrated database that every test's own is cloned from. Nobody connects to it. */
export const TEMPLATE_DATABASE = 'tributary_template';
