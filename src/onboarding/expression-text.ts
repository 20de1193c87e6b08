import type {TextMap} from './workflow-model.js'

/** Splits a list at line breaks and commas, but not within `${{ }}`. */
export function splitList(text: string): string[] {
  const items = ['']
  for (const part of text.match(/\$\{\{.*?\}\}|[^]/gs) ?? []) {
    if (part === ',' || part === '\n') items.push('')
    else items.push((items.pop() ?? '') + part)
  }
  return items.map(item => item.trim()).filter(item => item !== '')
}

/** The expression of a text that is one expression and nothing else; undefined for any other text. */
export function onlyExpression(text: string): string | undefined {
  const [, inner] = /^\s*\$\{\{((?:(?!\}\}).)*)\}\}\s*$/s.exec(text) ?? []
  return inner?.trim()
}

/** Whether a run decides what a text is. */
export function isOpen(text: string): boolean {
  return text.includes('${{')
}

/** Puts texts in the place of `${{ env.NAME }}`, where the workflow says what they are. */
export function withVariables(text: string, env: TextMap): string {
  return text.replaceAll(/\$\{\{\s*env\.(\w+)\s*\}\}/g, (whole, name: string) => {
    const value = env[name]
    return value === undefined || value === '' ? whole : value
  })
}

/** The contexts that the expressions of a text ask: `github`, `steps`, `matrix` and the like. */
export function contextsOf(text: string): Set<string> {
  const expressions = [...text.matchAll(/\$\{\{(.*?)\}\}/gs)].map(([, inner = '']) => inner)
  const bare = expressions.map(inner => inner.replaceAll(/'(?:[^']|'')*'/g, "''")).join(' ')
  return new Set(
    [...bare.matchAll(/(?<![\w.-])([a-z]+)\s*[.[]/gi)].map(([, name = '']) => name.toLowerCase())
  )
}

/** A condition that holds where both do; either may be undefined, or stand in `${{ }}`. */
export function bothConditions(first: string | undefined, second: string): string {
  if (first === undefined || first.trim() === '') return second
  const bare = onlyExpression(first) ?? first.trim()
  return /^[\w.]+(?:\([^()]*\))?(?: ?[=!]= ?(?:'[^']*'|[\w.]+))?$/.test(bare)
    ? `${bare} && ${second}`
    : `(${bare}) && ${second}`
}

/** Whether two conditions are the same, whatever their spaces, quotes of YAML and braces. */
export function isSameCondition(first: string, second: string): boolean {
  const bare = (text: string): string => (onlyExpression(text) ?? text).replaceAll(/\s+/g, '')
  return bare(first) === bare(second)
}
