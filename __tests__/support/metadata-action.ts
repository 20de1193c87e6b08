import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import type {PeerInputs} from '../../src/planning/metadata-action/peer-tags.js'
import {it} from '@jest/globals'

/** The path of docker/metadata-action's own bundle, `dist/index.cjs` of version 6; without it these tests are left out. */
const BUNDLE = process.env['METADATA_ACTION']

/** A test that needs docker/metadata-action itself. */
export const itWithMetadataAction = BUNDLE === undefined ? it.skip : it

/** What the bundle gave: its outputs line by line, or that it failed. */
export interface BundleOutcome {
  readonly tags: readonly string[]
  readonly labels: readonly string[]
  readonly annotations: readonly string[]
  readonly isFailed: boolean
}

/** Runs the bundle as a step of a job, before an API that knows the repository. */
export async function runMetadataAction(
  {images, tags, flavor, shortShaLength}: PeerInputs,
  run: WorkflowRun,
  extra: Readonly<Partial<Record<'labels' | 'annotations', string>>> = {}
): Promise<BundleOutcome> {
  const folder = await mkdtemp(path.join(tmpdir(), 'metadata-action-'))
  const api = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        default_branch: run.defaultBranch,
        name: 'hello',
        commit: {committer: {date: run.commitDate}}
      })
    )
  })
  await new Promise<void>(resolve => api.listen(0, '127.0.0.1', resolve))
  try {
    const output = path.join(folder, 'output')
    const event = path.join(folder, 'event.json')
    await Promise.all([writeFile(output, ''), writeFile(event, JSON.stringify(payloadOf(run)))])
    const env = {
      PATH: process.env['PATH'],
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      GITHUB_EVENT_NAME: run.event,
      GITHUB_EVENT_PATH: event,
      GITHUB_OUTPUT: output,
      GITHUB_REF: run.ref,
      GITHUB_REPOSITORY: run.source.fullName,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_SHA: run.sha,
      RUNNER_TEMP: folder,
      DOCKER_METADATA_SHORT_SHA_LENGTH: String(shortShaLength),
      INPUT_IMAGES: images,
      INPUT_TAGS: tags,
      INPUT_FLAVOR: flavor,
      INPUT_LABELS: extra.labels ?? '',
      INPUT_ANNOTATIONS: extra.annotations ?? '',
      'INPUT_GITHUB-TOKEN': 'none'
    }
    const isFailed = await new Promise<boolean>(resolve => {
      execFile(process.execPath, [BUNDLE ?? ''], {env, cwd: folder}, error => resolve(error !== null))
    })
    const text = await readFile(output, 'utf8')
    const linesOf = (name: string): string[] => {
      const [, , given = ''] = new RegExp(`^${name}<<(.+)\\n([^]*?)\\n\\1$`, 'm').exec(text) ?? []
      return given.split('\n').filter(line => line !== '')
    }
    return {
      tags: linesOf('tags'),
      labels: linesOf('labels'),
      annotations: linesOf('annotations'),
      isFailed
    }
  } finally {
    api.closeAllConnections()
    await new Promise(resolve => api.close(resolve))
    await rm(folder, {recursive: true})
  }
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
