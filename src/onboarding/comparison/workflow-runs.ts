import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {boundedExpression} from '../../patterns/bounded-expression.js'
import {type SampleRun, sampleRuns} from '../../planning/preview/sample-runs.js'
import {textOf} from '../github-workflow.js'
import type {Workflow} from '../workflow-model.js'
import {listIn, objectIn} from '../../shared/json.js'

/** The runs that the triggers of a workflow allow: of the events that releases are made of, one each. */
export function runsOf(workflow: Workflow, run: WorkflowRun): SampleRun[] {
  const push = objectIn(workflow.triggers['push'])
  const branches = listOf(push['branches'])
  const samples = sampleRuns(run, tagFor(listOf(push['tags'])))
  const sampled = new Set(samples.map(sample => sample.run.ref))
  const others = branches.filter(name => /^[\w./-]+$/.test(name) && !sampled.has(`refs/heads/${name}`))
  const further = others.slice(0, 2).map(name => onBranch(name, run))
  const isTarget = workflow.events.includes('pull_request_target')
  return [...samples, ...further]
    .map(sample => (isTarget && sample.run.event === 'pull_request' ? targeted(sample) : sample))
    .map(sample => (sample.run.event === 'workflow_dispatch' ? asked(sample, workflow) : sample))
    .filter(sample => workflow.events.includes(sample.run.event))
    .filter(sample => sample.run.event !== 'push' || isPushed(sample.run.ref, push))
}

function onBranch(name: string, run: WorkflowRun): SampleRun {
  return {name: `push to ${name}`, run: {...run, event: 'push', ref: `refs/heads/${name}`}}
}

function targeted({run}: SampleRun): SampleRun {
  const ref = `refs/heads/${run.defaultBranch ?? 'main'}`
  return {name: 'pull_request_target', run: {...run, event: 'pull_request_target', ref}}
}

/** What a person need not write stands as it is offered; what has to be written is left to stand-ins. */
function asked(sample: SampleRun, {triggers}: Workflow): SampleRun {
  const offered = objectIn(objectIn(triggers['workflow_dispatch'])['inputs'])
  const inputs = Object.entries(offered).flatMap(([name, input]): [string, string][] => {
    const {default: value, required = false, type = 'string', options} = objectIn(input)
    if (value !== undefined) return [[name, textOf(value)]]
    if (type === 'boolean') return [[name, 'false']]
    if (type === 'choice') return [[name, textOf(listIn(options)[0])]]
    return required === true ? [] : [[name, '']]
  })
  return {...sample, run: {...sample.run, inputs: Object.fromEntries(inputs)}}
}

/** A Git tag of a version that the filter lets through. */
function tagFor(patterns: readonly string[]): string {
  const candidates = [
    ...['v1.2.3', '1.2.3'],
    ...patterns.map(pattern => pattern.replace(/\*.*$|\[.*$/, '').concat('1.2.3'))
  ]
  const isOpen = patterns.length === 0
  return candidates.find(tag => isOpen || patterns.some(pattern => isMatch(pattern, tag))) ?? 'v1.2.3'
}

/** GitHub's filters of a push (docs.github.com, "Workflow syntax", `on.push`): with one of the two kinds the other does not run. */
function isPushed(ref: string, push: Readonly<Record<string, unknown>>): boolean {
  const [own, other] = ref.startsWith('refs/tags/') ? ['tags', 'branches'] : ['branches', 'tags']
  const name = ref.replace(/^refs\/(?:heads|tags)\//, '')
  const [wanted, ignored] = [push[own], push[`${own}-ignore`]]
  if (wanted !== undefined) return isWanted(name, listOf(wanted))
  if (ignored !== undefined) return !isWanted(name, listOf(ignored))
  return push[other] === undefined && push[`${other}-ignore`] === undefined
}

/** The last pattern that matches counts; `!` takes away. */
function isWanted(name: string, patterns: readonly string[]): boolean {
  const last = patterns.filter(pattern => isMatch(pattern.replace(/^!/, ''), name)).at(-1)
  return last !== undefined && !last.startsWith('!')
}

function isMatch(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.^$(){}|\\]/g, '\\$&')
    .replaceAll(/\*\*?/g, stars => (stars === '**' ? '.*' : '[^/]*'))
  return boundedExpression(`^${source}$`).test(name)
}

function listOf(value: unknown): string[] {
  if (value === undefined || value === null) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}
