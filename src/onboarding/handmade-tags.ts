import {contextsOf, splitList} from './expression-text.js'

/** Tags that a workflow writes itself, in the words of compute-tags. */
export interface HandmadeTags {
  readonly images: readonly string[]
  /** Rules, one a tag. */
  readonly rules: readonly string[]
}

/** Why hand-made tags have no counterpart: a sentence. */
export interface TagFault {
  readonly fault: string
}

/**
 * Reads references such as `acme/app:latest,acme/app:${{ github.sha }}` as repositories and rules that give the same tags.
 * What a run has to tell may stand in a repository or a tag, if the text still shows where one ends and the other begins.
 */
export function readHandmadeTags(text: string): HandmadeTags | TagFault {
  const references = splitList(text).map(splitReference)
  const fault = references.find(one => 'fault' in one)
  if (fault !== undefined && 'fault' in fault) return fault
  const tags = new Map<string, string[]>()
  for (const one of references)
    if ('tag' in one) tags.set(one.image, [...(tags.get(one.image) ?? []), one.tag])
  const [first, ...others] = [...tags.values()].map(list => [...new Set(list)])
  if (first === undefined) return {fault: 'it names no tag'}
  const odd = others.find(list => [...list].sort().join('\n') !== [...first].sort().join('\n'))
  if (odd !== undefined)
    return {
      fault: `its repositories have different tags: ${first.join(', ')} and ${odd.join(', ')}, and rules give all repositories the same`
    }
  return {images: [...tags.keys()], rules: first.flatMap(ruleOf)}
}

/** The colon before a tag is the last one behind the last slash, and in no expression. */
function splitReference(text: string): {image: string; tag: string} | TagFault {
  const masked = text.replaceAll(/\$\{\{.*?\}\}/gs, found => '\u0000'.repeat(found.length))
  const slash = masked.lastIndexOf('/')
  const colon = masked.indexOf(':', slash + 1)
  if (colon !== -1) return {image: text.slice(0, colon), tag: text.slice(colon + 1)}
  // An expression behind the last slash may bring a tag along.
  const unknown = text.slice(slash + 1).replaceAll(NAME, '')
  return !unknown.includes('${{')
    ? {image: text, tag: 'latest'}
    : {fault: `only a run can tell which repository and tag ${JSON.stringify(text)} is`}
}

/** What holds a name and no tag. */
const NAME =
  /\$\{\{\s*github\.(?:repository|repository_owner|actor|event\.repository\.name|event\.repository\.full_name)\s*\}\}/g

const COMMIT = /^([\w.-]*)\$\{\{\s*github\.sha\s*\}\}([\w.-]*)$/
const REF = /^\$\{\{\s*github\.ref_name\s*\}\}$/

function ruleOf(tag: string): string[] {
  const [whole, prefix = '', suffix = ''] = COMMIT.exec(tag) ?? []
  if (whole !== undefined)
    return [`type=sha,format=long,prefix=${prefix}${suffix === '' ? '' : `,suffix=${suffix}`}`]
  if (REF.test(tag)) return ['type=ref,event=branch', 'type=ref,event=tag']
  return [`type=raw,value=${tag}`]
}

/** Whether only steps of the same job, its matrix or its variables can say what a text is. */
export function isOfJob(text: string): boolean {
  const contexts = contextsOf(text)
  return ['steps', 'matrix', 'env', 'job', 'runner', 'secrets', 'strategy'].some(name => contexts.has(name))
}
