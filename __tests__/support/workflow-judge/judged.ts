import type {Value} from './expression.js'
import {type EventCase, eventCases} from './event-cases.js'
import {type Finding} from './finding.js'
import {ownPath} from './actions.js'
import {type JobRun, type Simulation, type StepRun, simulate} from './simulation.js'
import type {Source} from './sources.js'
import {type WorkflowTree, at, parseTree} from './workflow-tree.js'

/** A workflow with everything that a rule looks at. */
export interface Judged {
  readonly source: Source
  readonly tree: WorkflowTree
  readonly simulations: readonly Simulation[]
}

/** A rule: what GitHub does, where that is written, and what breaks it. */
export interface Rule {
  readonly id: string
  /** What GitHub does, in one sentence: what a person has to know to mend the workflow. */
  readonly says: string
  /** Where it is written, or where it was seen. */
  readonly source: string
  readonly judge: (judged: Judged) => Finding[] | Promise<Finding[]>
}

/** What callers of release.yml may ask for; each set is run for each event. */
export const CALLED: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  defaults: {images: 'ghcr.io/octo/hello'},
  'everything asked for': {
    images: 'ghcr.io/octo/hello\ndocker.io/octo/hello',
    strategy: 'release',
    labels: 'a=b',
    platforms: 'linux/amd64,linux/arm64',
    builder: 'buildx',
    cache: 'gha',
    scan: 'trivy',
    test: '$ENGINE run --rm "$IMAGE"',
    sign: 'before-tags',
    attest: true,
    'release-notes': true,
    'sparse-checkout': 'services',
    config: '.github/image-release.yml',
    'git-tag': 'v1.2.3',
    version: '1.2.3'
  },
  'other tools': {
    images: 'docker.io/octo/hello',
    builder: 'podman',
    scan: 'grype',
    test: 'podman run --rm "$IMAGE"',
    cleanup: false
  },
  'snyk and a key': {
    images: 'ghcr.io/octo/hello',
    scan: 'snyk',
    sign: 'before-tags',
    'sign-key': 'env://COSIGN_PRIVATE_KEY'
  }
}

/** Reads a workflow and runs it for each event of its triggers. */
export async function judgedOf(source: Source, release: Source): Promise<Judged> {
  const tree = parseTree(source.name, source.text)
  const find = (uses: string): Source | undefined => {
    const name = ownPath(uses)
    if (name === '.github/workflows/release.yml') return release
    const text = name !== undefined && uses.startsWith('$/') ? source.files(name) : undefined
    return name === undefined || text === undefined ? undefined : {...source, name, text}
  }
  const files = source.name === release.name ? settingsOfCaller : source.files
  const events = await eventCases(at(tree.root, 'on'), files, CALLED)
  const simulations = await Promise.all(
    events.map(async event => await simulate({...source, files}, tree, event, find))
  )
  return {source, tree, simulations}
}

/** The repository of a caller that asks by inputs, with an empty file of settings. */
function settingsOfCaller(file: string): string | undefined {
  return file === '.github/image-release.yml' ? 'platforms: [linux/amd64, linux/arm64]\n' : undefined
}

/** All jobs that run, of all runs. */
export function jobsOf({simulations}: Judged): JobRun[] {
  return simulations.flatMap(({jobs}) => jobs)
}

/** The steps that run, each with its job and those before it. */
export function stepsOf(judged: Judged): {job: JobRun; step: StepRun; before: readonly StepRun[]}[] {
  return jobsOf(judged).flatMap(job => {
    const running = job.steps.filter(({isRun}) => isRun)
    return running.map((step, index) => ({job, step, before: running.slice(0, index)}))
  })
}

/** How a run is named at the end of a sentence. */
export function inRun({name}: EventCase): string {
  return `in a run for a ${name}`
}
