import {splitList, withVariables} from './expression-text.js'
import {readHandmadeTags} from './handmade-tags.js'
import {METADATA, variablesOf} from './build-actions.js'
import type {Job, Step, TextMap, Workflow} from './workflow-model.js'

const CREATE = /\bimagetools\s+create\b/
/** An action that runs imagetools create, and its inputs that say what the plan and the records know. */
const CREATE_ACTION = 'int128/docker-manifest-create-action'

/** Whether a step joins what was pushed by digest. */
export function isCreate({run, action}: Step): boolean {
  return CREATE.test(run) || action === CREATE_ACTION
}

type Tags = {readonly metadata: Step | undefined; readonly inputs: TextMap}

/** The rules that imagetools create takes its tags from. */
export function mergeTags(workflow: Workflow, merge: Job, create: Step): Tags | {readonly fault: string} {
  const [only, ...more] = merge.steps.filter(({action}) => action === METADATA)
  const lines = `${create.run}\n${create.with['tags'] ?? ''}`
  const isOfMetadata = /DOCKER_METADATA_OUTPUT|outputs\.(?:json|tags)/.test(lines)
  const texts = givenTags(create)
  if (isOfMetadata && create.run !== '' && !texts.every(isOfPlan))
    return {
      fault:
        'the merge adds tags of its own to those of docker/metadata-action; make them rules there (type=raw)'
    }
  if (isOfMetadata && only !== undefined && more.length === 0) return {metadata: only, inputs: only.with}
  if (isOfMetadata) return {fault: 'the tags of the merge come from another job than its own'}
  const env = {...variablesOf(workflow, merge, create), ...constantsIn(create.run)}
  const filled = texts.map(text => withVariables(text, env))
  const read = readHandmadeTags(filled.join('\n'))
  const isSet = (name: string): boolean => isSetBefore(merge, create, name)
  const asked = filled.flatMap(text => [...text.matchAll(/\benv\.(\w+)/g)].map(([, name = '']) => name))
  if ('fault' in read || filled.some(text => /\$(?!\{\{)/.test(text)) || !asked.every(isSet))
    return {fault: 'only the shell can tell which tags the merge gives'}
  return {
    metadata: undefined,
    inputs: {images: read.images.join('\n'), tags: read.rules.join('\n'), flavor: 'latest=false'}
  }
}

/** Whether a tag of a merge is what a step of docker/metadata-action gave: its outputs, or a variable that a loop fills. */
export function isOfPlan(text: string): boolean {
  return /^\$\(|^\$\{\{\s*env\.\w+\s*\}\}$|outputs\.(?:tags|json)\b/.test(text)
}

/** Variables that the lines of a shell set to a plain text, once. */
function constantsIn(run: string): TextMap {
  const set = [...run.matchAll(/^\s*(?:export\s+)?(\w+)=(.*)$/gm)].map(([, name = '', text = '']) => [
    name,
    text
  ])
  const plain = set.flatMap(([name = '', text = '']) => {
    const [, value = ''] = /^["']?((?:[\w./:@-]|\$\{\{.*?\}\})+)["']?\s*$/.exec(text) ?? []
    return value === '' || set.filter(([other]) => other === name).length > 1 ? [] : [[name, value] as const]
  })
  return Object.fromEntries(plain)
}

/** Whether a step before the merge sets a variable for it, and its own lines do not set it anew. */
function isSetBefore({steps}: Job, {at, run: own}: Step, name: string): boolean {
  const assigned = new RegExp(`\\b${name}=`)
  return (
    !assigned.test(own) &&
    steps.some(({at: place, run}) => place < at && run.includes('GITHUB_ENV') && assigned.test(run))
  )
}

/** The tags that a step which merges is given, as they are written. */
export function givenTags({run, with: given}: Step): string[] {
  return run === '' ? splitList(given['tags'] ?? '') : tagArguments(run).map(shellText)
}

/** What stands behind `-t` and `--tag`. */
function tagArguments(run: string): string[] {
  const joined = run.replaceAll(/\\\s*\n\s*/g, ' ')
  const found = joined.matchAll(/(?<=\s)(?:-t|--tag)[=\s]+("[^"]*"|'[^']*'|(?:\$\{\{.*?\}\}|[^\s"'])+)/g)
  return [...found].map(([, text = '']) => text.replaceAll(/^["']|["']$/g, ''))
}

/** Variables of a shell as expressions, where the workflow may have set them. */
function shellText(text: string): string {
  return text.replaceAll(/\$\{(\w+)\}|\$(\w+)/g, (_, name?: string, other?: string) =>
    `\${{ env.${name ?? other ?? ''} }}`.replace(
      /env\.GITHUB_(SHA|REF_NAME|REPOSITORY)\b/,
      (__, fact: string) => `github.${fact.toLowerCase()}`
    )
  )
}
