import {describe, expect, it} from '@jest/globals'
import {parse} from 'handlebars/dist/cjs/handlebars/compiler/base.js'
import {type PlainPart, plainParts} from '../../src/planning/rules/plain-expressions.js'
import {fc} from '../support/random.js'

/** What Handlebars reads, as far as it has only such parts; undefined for all else. */
function byHandlebars(source: string): (PlainPart | undefined)[] | undefined {
  try {
    return parse(source).body.map(statement => {
      if (statement.type === 'ContentStatement') return {text: (statement as hbs.AST.ContentStatement).value}
      if (statement.type !== 'MustacheStatement') return undefined
      const {path, params, hash, escaped} = statement as hbs.AST.MustacheStatement
      const [argument, ...others] = params
      const isPlain = path.type === 'PathExpression' && (path as hbs.AST.PathExpression).parts.length === 1
      if (!isPlain || others.length > 0 || (hash as hbs.AST.Hash | undefined) !== undefined || !escaped)
        return undefined
      if (argument !== undefined && argument.type !== 'StringLiteral') return undefined
      const text = argument === undefined ? undefined : (argument as hbs.AST.StringLiteral).value
      return {name: (path as hbs.AST.PathExpression).original, argument: text}
    })
  } catch {
    return undefined
  }
}

describe('templates without the parser of Handlebars', () => {
  it.each([
    '{{version}}',
    'v{{major}}.{{minor}}-x',
    "built-{{date 'YYYY MM'}}",
    '{{ branch }}{{sha}} }',
    'a}}b{{x}}'
  ])('reads %s', source => {
    expect(plainParts(source)).toEqual(byHandlebars(source))
  })

  it.each([
    '\\{{version}}',
    '{{{version}}}',
    '{{else}}',
    '{{this}}',
    '{{#if a}}',
    '{{a.b}}',
    "{{date 'a' tz='b'}}",
    '{{~a}}',
    '{{!-- a --}}',
    '{{a',
    '{{1}}'
  ])('leaves %s to it', source => {
    expect(plainParts(source)).toBeUndefined()
  })

  it('never reads anything else than Handlebars does', () => {
    const piece = fc.constantFrom(
      ...[
        '{{',
        '}}',
        '{',
        '}',
        ' ',
        '\n',
        "'",
        '"',
        '\\',
        'a',
        'version',
        'this',
        'else',
        'as',
        '1',
        '~',
        '&',
        '^',
        '#',
        '/'
      ],
      ...['{{version}}', "{{date 'Y'}}", '{{ a }}', '|', '.', '=', '!', '-']
    )
    fc.assert(
      fc.property(fc.array(piece, {maxLength: 8}), pieces => {
        const source = pieces.join('')
        const parts = plainParts(source)
        if (parts !== undefined) expect(parts).toEqual(byHandlebars(source))
      }),
      {numRuns: 5000}
    )
  })
})
