import {boundedExpression} from './bounded-expression.js'

/** A name with `*` for any characters, such as `digests-*`, as a test of names. */
export function matchesPattern(pattern: string): (name: string) => boolean {
  const escaped = pattern.split('*').map(part => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  const expression = boundedExpression(`^${escaped.join('.*')}$`, 's')
  return name => expression.test(name)
}
