import {parseInputs} from '../../src/command/input.js'
import {mergeManifest} from '../../src/publishing/merge-manifest.js'
import type {Plan, PlannedTag, PlannedTarget} from '../../src/contracts/plan.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {planId} from '../../src/contracts/plan-id.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {image} from '../support/images.js'
import type {TestPorts} from '../support/ports.js'
import {type WholeImages, readTagState} from '../support/registry-state.js'
import {clientOf} from '../support/releases.js'

const ARCHITECTURES = ['amd64', 'arm64'] as const
const TARGETS = ['app', 'worker'] as const

/** Two registries, one repository for each of two targets in each. */
export interface World {
  /** What the release goes through. */
  readonly hosts: readonly string[]
  /** The registries behind, for the independent reader. */
  readonly upstreams: readonly string[]
  /** A folder of repositories that nothing else uses. */
  readonly folder: string
}

/** The five tags of a version: its own, two aliases, a branch, and latest. */
export function tagsOf(version: string): PlannedTag[] {
  const [major = '', minor = ''] = version.split('.')
  return [
    {name: version, class: 'immutable', rule: 'version'},
    {name: `${major}.${minor}`, class: 'forward', rule: 'alias'},
    {name: major, class: 'forward', rule: 'alias'},
    {name: 'main', class: 'moving', rule: 'branch'},
    {name: 'latest', class: 'forward', rule: 'latest'}
  ]
}

/** A release of two targets for two platforms, with its plan and its records. */
export interface BuiltRelease {
  readonly plan: Plan
  readonly records: ReadonlyMap<string, Uint8Array>
}

/** Builds and pushes by digest, as the build jobs would; the plan names the hosts that the merge goes through. */
export async function buildRelease(ports: TestPorts, world: World, version: string): Promise<BuiltRelease> {
  const revision = version.replaceAll('.', '').padEnd(40, '0')
  const [, minor = '0', patch = '0'] = version.split('.')
  const created = `2026-01-0${1 + Number(minor)}T0${patch}:00:00Z`
  const records = new Map<string, Uint8Array>()
  const targets = TARGETS.map(target => plannedTarget(target, world, {version, revision, created}))
  for (const target of targets)
    for (const [at, build] of target.builds.entries()) {
      const local = image({
        architecture: ARCHITECTURES[at] ?? '',
        labels: target.labels,
        content: `${target.name} ${version}`
      })
      await Promise.all(
        world.upstreams.map(async host => {
          await pushImage(clientOf(ports, `${host}/${world.folder}/${target.name}`), local)
        })
      )
      records.set(build.record, formatDigestRecord(local.root.digest))
    }
  const source = {event: 'push', ref: `refs/tags/v${version}`, revision, created, repository: 'org/app'}
  const content = {source, version, push: true, targets}
  return {plan: {schema: 1, id: planId(content), ...content, notes: []}, records}
}

function plannedTarget(
  name: string,
  world: World,
  facts: {version: string; revision: string; created: string}
): PlannedTarget {
  const annotations = {
    'org.opencontainers.image.version': facts.version,
    'org.opencontainers.image.revision': facts.revision,
    'org.opencontainers.image.created': facts.created
  }
  return {
    name,
    images: world.hosts.map(host => `${host}/${world.folder}/${name}`),
    tags: tagsOf(facts.version),
    builds: ARCHITECTURES.map(architecture => ({
      platform: `linux/${architecture}`,
      runner: 'ubuntu-24.04',
      record: `digest-${name}-${facts.version}-linux-${architecture}`
    })),
    labels: annotations,
    annotations
  }
}

/** Runs merge-manifest. */
export async function publishBuilt(ports: TestPorts, {plan, records}: BuiltRelease) {
  for (const [name, record] of records) ports.records.set(name, record)
  return await mergeManifest.run(parseInputs(mergeManifest.inputs, {plan: formatPlan(plan)}), ports)
}

/** The digest of every tag, as `host/name:tag`; throws where anything that a tag points at is not whole. */
export async function readWorld(
  world: World,
  versions: readonly string[]
): Promise<Map<string, string | undefined>> {
  const names = [...new Set(versions.flatMap(version => tagsOf(version).map(({name}) => name)))]
  const pairs = world.upstreams.flatMap(host =>
    TARGETS.flatMap(target => names.map(tag => ({host, target, tag})))
  )
  const read: WholeImages = new Map()
  const states = await Promise.all(
    pairs.map(async ({host, target, tag}) => {
      const state = await readTagState(host, `${world.folder}/${target}`, tag, read)
      if (state?.isWhole === false)
        throw new Error(`${host}/${target}:${tag} points at something that is not whole`)
      return [`${world.upstreams.indexOf(host)}/${target}:${tag}`, state?.digest] as const
    })
  )
  return new Map(states)
}
