import type {YAMLMap} from 'yaml'
import {bothConditions, onlyExpression} from './expression-text.js'
import {type BuildPlace, type BuildTags, type Draft, nameOf} from './draft.js'
import {mapBelow, newStep, putFirst, sayBefore, setText, setUses} from './step-nodes.js'
import type {Step} from './workflow-model.js'

/** Inputs of docker/build-push-action that build-by-digest has by name and grammar. */
export const SAME_INPUTS: readonly string[] = [
  'add-hosts',
  'allow',
  'annotations',
  'attests',
  'build-args',
  'build-contexts',
  'builder',
  'cache-from',
  'cache-to',
  'cgroup-parent',
  'context',
  'file',
  'github-token',
  'labels',
  'network',
  'no-cache',
  'no-cache-filters',
  'platforms',
  'provenance',
  'pull',
  'sbom',
  'secret-envs',
  'secret-files',
  'secrets',
  'shm-size',
  'ssh',
  'target',
  'ulimit'
]

/** Lists that may have commas there, and have lines here. */
const LINES = ['add-hosts', 'secret-envs', 'ssh', 'ulimit']
/** The commit as Git has it. */
export const CONTEXT = '${{ github.server_url }}/${{ github.repository }}.git#${{ github.ref }}'

/**
 * Has a step of docker/build-push-action build by digest.
 * @returns the step that publishes what it built
 */
export function buildStep(draft: Draft, place: BuildPlace, own: YAMLMap): YAMLMap {
  const {document, claims} = draft
  const {step, job} = place
  const path = ['jobs', job.name, 'steps', step.at]
  const plan = `\${{ steps.${place.plan}.outputs.plan }}`
  setUses(own, draft.uses('build-by-digest'))
  claims.taken([...path, 'uses'], 'build-by-digest, and merge-manifest in the step after it')
  own.set('id', place.build)
  if (step.id === undefined) putFirst(own, 'id')
  else
    claims.taken(
      [...path, 'id'],
      `the id of the step that publishes, whose output digest is that of the image`
    )
  const given = mapBelow(document, own, 'with')
  const comments = inputsOf(draft, place, given)
  setText(document, given, 'plan', plan)
  setText(document, given, 'hand-over', 'output')
  sayBefore(own, comments)
  return newStep(document, {
    name: step.name === undefined ? 'Publish' : `${step.name}: move the tags`,
    id: place.publish,
    if: bothConditions(step.condition, `steps.${place.plan}.outputs.push == 'true'`),
    uses: draft.uses('merge-manifest'),
    with: {plan, records: `\${{ steps.${place.build}.outputs.records }}`}
  })
}

/** Takes out what the plan does; the other inputs stay. Returns what a person should read there. */
function inputsOf(draft: Draft, place: BuildPlace, given: YAMLMap): string[] {
  const {step, job, tags} = place
  const path = (name: string) => ['jobs', job.name, 'steps', step.at, 'with', name]
  const comments: string[] = []
  const taken = (name: string, to: string): void => {
    given.delete(name)
    draft.claims.taken(path(name), to)
  }
  const left = (name: string, why: string, advice: string): void => {
    given.delete(name)
    draft.claims.left(path(name), why, advice)
    comments.push(`init: ${name} is not taken over: ${why}. ${advice}`)
  }
  for (const [name, text] of Object.entries(step.with)) {
    if (name === 'tags') taken(name, `the rules of the step ${place.plan}`)
    else if (name === 'push') taken(name, `the output push of the step ${place.plan}`)
    else if (name === 'labels' || name === 'annotations') {
      if (isOfMetadata(text, name, tags)) taken(name, `the plan has the ${name} of the step ${place.plan}`)
    } else if (name === 'outputs') outputsOf(text, taken, left)
    else if (name === 'load') loadOf(place, text, {given, taken, left})
    else if (LINES.includes(name) && text.includes(',') && !text.includes('${{')) {
      setText(
        draft.document,
        given,
        name,
        text
          .split(/[,\n]/)
          .map(item => item.trim())
          .join('\n')
      )
      draft.claims.taken(path(name), `${name} of build-by-digest, one a line`)
    } else if (name === 'context' && text.includes('{{defaultContext}}')) {
      setText(draft.document, given, name, text.replace('{{defaultContext}}', CONTEXT))
      draft.claims.taken(path(name), 'the same address of Git, written out')
    } else if (!SAME_INPUTS.includes(name))
      left(name, 'build-by-digest has no such input', `See ${nameOf(step)} in the history of this file.`)
  }
  giveContext(draft, step, given)
  return comments
}

/** Without a context a build of build-push-action has the commit as Git has it, and not what earlier steps left. */
export function giveContext({document}: Draft, step: Step, given: YAMLMap): void {
  if ((step.with['context'] ?? '').trim() !== '') return
  setText(document, given, 'context', CONTEXT)
  if (step.with['github-token'] === undefined) setText(document, given, 'github-token', '${{ github.token }}')
}

function isOfMetadata(text: string, name: string, {metadata}: BuildTags): boolean {
  return metadata !== undefined && onlyExpression(text) === `steps.${metadata.id ?? ''}.outputs.${name}`
}

type Taken = (name: string, to: string) => void
type Left = (name: string, why: string, advice: string) => void

/** Attributes of an exporter that say where the image goes, which the plan decides. */
const PLACES =
  /^(?:type=(?:image|registry)|name=.*|push=.*|push-by-digest=.*|name-canonical=.*|oci-mediatypes=true)$/s

function outputsOf(text: string, taken: Taken, left: Left): void {
  const attributes = text.split(/[\n,]/).map(one => one.trim().replaceAll('"', ''))
  const odd = attributes.filter(one => one !== '' && !PLACES.test(one))
  if (odd.length === 0) taken('outputs', 'the image goes to all repositories of the plan by digest')
  else
    left(
      'outputs',
      `${odd.join(', ')} is for an exporter of BuildKit, and build-by-digest has its own`,
      'Annotations go into annotations of compute-tags; files come from a docker buildx build --output of its own.'
    )
}

function loadOf(
  {step, tags}: BuildPlace,
  text: string,
  {given, taken, left}: {readonly given: YAMLMap; readonly taken: Taken; readonly left: Left}
): void {
  if (text.trim() === 'false') taken('load', 'nothing is loaded')
  else if (tags.metadata === undefined && !(step.with['tags'] ?? '').includes('${{')) {
    const name = (step.with['tags'] ?? '').split(/[\n,]/)[0]?.trim() ?? ''
    given.set('load-as', name)
    taken('load', `load-as: ${name}`)
  } else
    left(
      'load',
      'build-by-digest pushes what it builds and keeps no local tag',
      'Give load-as a local name, and have the steps after it use that.'
    )
}
