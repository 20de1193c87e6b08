/**
 * The parser of Handlebars alone. Its templates are read here and rendered by template.ts, so that neither the
 * compiler is loaded nor code is made from what a user wrote.
 */
declare module 'handlebars/dist/cjs/handlebars/compiler/base.js' {
  import type {} from 'handlebars'

  /** The syntax tree of a template, after the white space control of `{{~` and `~}}`. */
  export function parse(template: string): hbs.AST.Program
}
