import type {YAMLMap} from 'yaml'
import {isSameCondition, onlyExpression, withVariables} from './expression-text.js'
import type {BuildPlace, Draft} from './draft.js'
import {variablesOf} from './build-actions.js'
import {mapBelow, newStep, putFirst, setText, setUses} from './step-nodes.js'
import type {Job, Step, TextMap} from './workflow-model.js'

/**
 * Has a step of docker/metadata-action be one of compute-tags, or makes one where there was none.
 * @param own the node of that step; undefined for a new one
 */
export function planStep(draft: Draft, place: BuildPlace, own: YAMLMap | undefined): YAMLMap {
  const {metadata} = place.tags
  const inputs = {platforms: platformsOf(draft, place), push: pushOf(draft, place)}
  if (own === undefined || metadata === undefined) return newPlan(draft, place, inputs)
  const path = ['jobs', place.job.name, 'steps', metadata.at]
  const {document, claims} = draft
  setUses(own, draft.uses('compute-tags'))
  claims.taken([...path, 'uses'], 'compute-tags, which has its inputs and outputs')
  const given = mapBelow(document, own, 'with')
  for (const [name, text] of Object.entries(inputs)) if (text !== '') setText(document, given, name, text)
  const {tags = ''} = metadata.with
  if (tags.trim() !== '' && given.get('tags') !== tags) {
    setText(document, given, 'tags', tags)
    claims.taken([...path, 'with', 'tags'], 'tags of compute-tags, without what did nothing there')
  }
  const isOwnCondition = place.step.condition !== undefined && metadata.condition !== undefined
  if (
    metadata.condition !== undefined &&
    !(isOwnCondition && isSameCondition(metadata.condition, place.step.condition))
  ) {
    own.delete('if')
    claims.taken(
      [...path, 'if'],
      'the plan is made in each run, and its output push says whether it publishes'
    )
  }
  return own
}

function newPlan(draft: Draft, place: BuildPlace, inputs: TextMap): YAMLMap {
  const {document} = draft
  const {metadata, images, rules} = place.tags
  const given =
    metadata === undefined
      ? {images: images.join('\n'), tags: rules.join('\n'), flavor: 'latest=false'}
      : metadata.with
  const entries = Object.entries({...given, ...inputs}).filter(([, text]) => text !== '')
  const step = newStep(document, {
    name: 'Plan tags',
    id: place.plan,
    if: place.step.condition,
    uses: draft.uses('compute-tags'),
    with: Object.fromEntries(entries)
  })
  if (place.step.id === undefined) putFirst(step, 'id')
  return step
}

/** One platform is built where none is named: the runner's own. */
function platformsOf({workflow}: Draft, {job, step}: BuildPlace): string {
  const named = step.with['platforms']?.trim() ?? ''
  return named === '' ? platformOfRunner(job) : withVariables(named, variablesOf(workflow, job, step))
}

function platformOfRunner({value}: Job): string {
  const runner = JSON.stringify(value['runs-on'] ?? '')
  if (/\$\{\{|self-hosted|"group"/.test(runner) || !/ubuntu-/.test(runner))
    return "${{ runner.arch == 'ARM64' && 'linux/arm64' || 'linux/amd64' }}"
  return /ubuntu-[^"]*-arm\b/.test(runner) ? 'linux/arm64' : 'linux/amd64'
}

/** Runs that publish nothing unless they are told to. */
const QUIET = ['pull_request', 'pull_request_target', 'merge_group', 'workflow_run', 'issue_comment']

/** Empty where compute-tags decides by itself what the step said. */
function pushOf({workflow}: Draft, {step, tags: {metadata, rules}}: BuildPlace): string {
  const all = metadata === undefined ? rules.join('\n') : (metadata.with['tags'] ?? '')
  return pushWish(step.with['push'] ?? outputPush(step), workflow.events, all)
}

/**
 * What `push` of compute-tags has to be, so that it publishes in the runs in which a build pushed to a tag. A pull request
 * that earned none is one that publishes nothing: `push: true` would have it merged without a tag.
 */
export function pushWish(push: string, events: readonly string[], rules: string): string {
  const expression = onlyExpression(push)
  if (expression !== undefined && /^github\.event_name\s*!=\s*'pull_request'$/.test(expression)) return ''
  if (expression !== undefined && !/^(?:true|false)$/.test(expression))
    return `\${{ (${expression}) && 'true' || 'false' }}`
  const quiet = events.filter(event => QUIET.includes(event))
  const isQuiet = quiet.some(event => event !== 'pull_request' || earnsOfPullRequest(rules))
  return /^(?:true|\$\{\{\s*true\s*\}\})$/i.test(push.trim()) ? (isQuiet ? 'true' : '') : push.trim()
}

/** By the rules of metadata-action: without any a pull request has a tag, too; raw and sha hold for all events. */
function earnsOfPullRequest(rules: string): boolean {
  const lines = rules.split('\n').filter(line => line.trim() !== '')
  return (
    lines.length === 0 ||
    lines.some(line => /event=pr\b|type=(?:raw|sha)\b/.test(line) || !/type=/.test(line))
  )
}

/** What `outputs` says of the push, where `push` says nothing. */
function outputPush({with: given}: Step): string {
  return /(?:^|[,\n])\s*push=(\$\{\{.*?\}\}|\w+)/s.exec(given['outputs'] ?? '')?.[1] ?? 'true'
}
