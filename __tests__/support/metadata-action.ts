import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import type {PeerInputs} from '../../src/planning/metadata-action/peer-tags.js'
import {it} from '@jest/globals'

/** The path of docker/metadata-action's own bundle, `dist/index.cjs` of version 6; without it these tests are left out. */
const BUNDLE = process.env['METADATA_ACTION']

const RUNS = path.resolve('__tests__/support/metadata-runs.mjs')

/** How many steps one process runs: the bundle leaves 9 MB behind with each. */
const AT_ONCE = 25

/** A test that needs docker/metadata-action itself. */
export const itWithMetadataAction = BUNDLE === undefined ? it.skip : it

/** What the bundle gave: its outputs line by line, or that it failed. */
export interface BundleOutcome {
  readonly tags: readonly string[]
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
  readonly isFailed: boolean
}

/** A step of the action, and the run that it is in. */
export interface BundleStep {
  readonly inputs: PeerInputs
  readonly run: WorkflowRun
  readonly extra?: Readonly<Partial<Record<'labels' | 'annotations', string>>>
}

/** Runs the bundle as one step after the other, each in a job of its own, before an API that knows its repository. */
export async function runMetadataAction(steps: readonly BundleStep[]): Promise<readonly BundleOutcome[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'metadata-action-'))
  try {
    const parts = Array.from({length: Math.ceil(steps.length / AT_ONCE)}, (_, at) =>
      steps.slice(at * AT_ONCE, (at + 1) * AT_ONCE)
    )
    const outcomes = parts.map((): readonly BundleOutcome[] => [])
    const left = [...parts.entries()]
    const work = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop())
        outcomes[next[0]] = await runsOf(next[1], path.join(folder, String(next[0])))
    }
    await Promise.all([work(), work()])
    return outcomes.flat()
  } finally {
    await rm(folder, {recursive: true})
  }
}

async function runsOf(steps: readonly BundleStep[], folder: string): Promise<readonly BundleOutcome[]> {
  await mkdir(folder)
  const [given, results] = [path.join(folder, 'steps.json'), path.join(folder, 'results.json')]
  await writeFile(given, JSON.stringify(steps.map(step => bundleStep(step, folder))))
  await promisify(execFile)(process.execPath, [RUNS, BUNDLE ?? '', given, results], {
    env: {PATH: process.env['PATH']},
    cwd: folder,
    maxBuffer: 1 << 28
  })
  const ended = JSON.parse(await readFile(results, 'utf8')) as {output: string; isFailed: boolean}[]
  return ended.map(({output, isFailed}) => ({
    tags: linesOf(output, 'tags'),
    labels: linesOf(output, 'labels'),
    annotations: linesOf(output, 'annotations'),
    isFailed
  }))
}

function bundleStep({inputs, run, extra = {}}: BundleStep, folder: string): object {
  const env = {
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: run.event,
    GITHUB_REF: run.ref,
    GITHUB_REPOSITORY: run.source.fullName,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: run.sha,
    RUNNER_TEMP: folder,
    DOCKER_METADATA_SHORT_SHA_LENGTH: String(inputs.shortShaLength),
    INPUT_IMAGES: inputs.images,
    INPUT_TAGS: inputs.tags,
    INPUT_FLAVOR: inputs.flavor,
    INPUT_LABELS: extra.labels ?? '',
    INPUT_ANNOTATIONS: extra.annotations ?? '',
    'INPUT_GITHUB-TOKEN': 'none'
  }
  const repository = {
    default_branch: run.defaultBranch,
    name: 'hello',
    commit: {committer: {date: run.commitDate}}
  }
  return {env, event: payloadOf(run), repository}
}

function linesOf(output: string, name: string): string[] {
  const [, , given = ''] = new RegExp(`^${name}<<(.+)\\n([^]*?)\\n\\1$`, 'm').exec(output) ?? []
  return given.split('\n').filter(line => line !== '')
}

function payloadOf({
  sha,
  commitDate,
  defaultBranch,
  pullRequest,
  baseRef,
  event,
  prerelease
}: WorkflowRun): object {
  return {
    repository: {default_branch: defaultBranch},
    ...(event === 'push' ? {head_commit: {id: sha, timestamp: commitDate}} : {}),
    ...(pullRequest === undefined
      ? {}
      : {number: pullRequest, pull_request: {base: {ref: baseRef}, head: {sha}}}),
    ...(prerelease === undefined ? {} : {release: {prerelease}})
  }
}
