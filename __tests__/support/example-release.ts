import {readFileSync} from 'node:fs'
import path from 'node:path'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import type {BuildMetrics} from '../../src/contracts/metrics.js'
import {planId} from '../../src/contracts/plan-id.js'
import type {Plan} from '../../src/contracts/plan.js'
import {parseInputs} from '../../src/command/input.js'
import {readManifest} from '../../src/oci/manifest.js'
import type {LocalImage} from '../../src/ports.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {layeredImage} from './images.js'
import type {TestPorts} from './ports.js'
import {clientOf, merge} from './releases.js'
import {sampleMetrics} from './sample-metrics.js'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** The five reference systems. */
export const EXAMPLES = [
  '000-orb',
  '001-metro',
  '002-opencrate',
  '003-inclusive-world-portal',
  '004-mvpmvp'
] as const

/** The plan of an example, whose repositories stand on these registries, each below the name of its own host. */
export function examplePlan(example: (typeof EXAMPLES)[number], hosts: readonly string[]): Plan {
  const plan = JSON.parse(readFileSync(path.join(ROOT, 'examples', example, 'plan.json'), 'utf8')) as Plan
  const moved = {
    ...plan,
    targets: plan.targets.map(target => ({
      ...target,
      images: target.images.map((image, at) => `${hosts[at % hosts.length] ?? ''}/${image}`)
    }))
  }
  return {...moved, id: planId(moved)}
}

/** The documents of a release, as the commands gave them out. */
export interface ReleaseTexts {
  readonly plan: string
  readonly release: string
  readonly journal: string
  readonly report: string
  readonly metrics: string
}

/**
 * Builds what a plan names, and publishes and verifies it by the commands.
 * @param size bytes of the layer of the application; all others stay the same
 */
export async function releasePlan(ports: TestPorts, plan: Plan, size: number): Promise<ReleaseTexts> {
  const metrics: BuildMetrics[] = []
  for (const target of plan.targets)
    for (const build of target.builds) {
      const local = exampleImage(target.name, build.platform.split('/')[1] ?? '', size, target.labels)
      for (const image of target.images) await pushImage(clientOf(ports, image), local)
      ports.records.set(build.record, formatDigestRecord(local.root.digest))
      metrics.push(metricsOf(local, {target: target.name, platform: build.platform}))
    }
  const text = JSON.stringify(plan)
  const {release, journal} = await merge(ports, {plan: text, 'allow-backward': 'true'})
  const {report} = await verifyRelease.run(parseInputs(verifyRelease.inputs, {release}), ports)
  return {plan: text, release, journal, report, metrics: JSON.stringify(metrics)}
}

/** The release before: only what may move, of an older version. */
export function planBefore(plan: Plan): Plan {
  const moved = {
    ...plan,
    version: '0.0.1',
    targets: plan.targets.map(target => ({
      ...target,
      tags: [
        ...target.tags.filter(tag => tag.class !== 'immutable'),
        {name: `before-${target.name}`, class: 'moving' as const, rule: 'test'}
      ]
    }))
  }
  return {...moved, id: planId(moved)}
}

function exampleImage(
  name: string,
  architecture: string,
  size: number,
  labels: Readonly<Record<string, string>>
): LocalImage {
  const bytes = (length: number, seed: string): Uint8Array =>
    Uint8Array.from(
      {length},
      (_, at) => (at * 31 + seed.length * 7 + seed.charCodeAt(at % seed.length)) % 251
    )
  return layeredImage(
    architecture,
    [
      {createdBy: 'ADD rootfs.tar / # base', bytes: bytes(30_000, `base ${architecture}`)},
      {createdBy: 'RUN /bin/sh -c apt-get install -y ca-certificates', bytes: bytes(8000, 'packages')},
      {createdBy: `COPY ${name} /srv`, bytes: bytes(size, `${name} ${architecture}`)}
    ],
    labels
  )
}

function metricsOf(
  local: LocalImage,
  of: {readonly target: string; readonly platform: string}
): BuildMetrics {
  const {config, layers} = readManifest(local.root)
  const layersSize = layers.reduce((sum, {size}) => sum + size, 0)
  return sampleMetrics({
    ...of,
    digest: local.root.digest,
    imageSize: layersSize + (config?.size ?? 0),
    layersSize,
    layerCount: layers.length
  })
}
