import type {ConfigLayer} from '../../oci/image-config.js'
import type {Descriptor, ManifestDocument} from '../../oci/manifest.js'
import type {Digest} from '../../oci/digest.js'
import {formatPlatform} from '../../oci/platform.js'
import {type Repository, formatRepository} from '../../oci/reference.js'
import {
  type BuildMetrics,
  type LayerMetric,
  METRICS_SCHEMA,
  type PassedGate,
  type PhaseMetric
} from '../../contracts/metrics.js'
import type {BuildJob} from '../build-job.js'
import type {ScanCount} from '../../checks/scan/scan-count.js'

/** Layers that the metrics name. */
const LARGEST = 5

/** What was measured of a build. */
export interface MeasuredBuild {
  readonly job: Pick<BuildJob, 'target' | 'platform'>
  /** Name and version. */
  readonly builder: string
  /** What the record names. */
  readonly digest: Digest
  readonly image: ManifestDocument
  /** The layers as the config knows them. */
  readonly layers: readonly ConfigLayer[]
  readonly buildMilliseconds: number
  readonly cacheHits?: {readonly cached: number; readonly steps: number} | undefined
  readonly scan?: ScanCount | undefined
  readonly pushes: readonly {
    readonly repository: Repository
    readonly uploaded: number
    readonly skipped: number
    readonly milliseconds: number
  }[]
  readonly phases: readonly PhaseMetric[]
  readonly gates: readonly PassedGate[]
  /** When the job began, as ISO 8601. */
  readonly began: string
}

/** The numbers of a build, as later runs, release notes and people read them. */
export function metricsOf(build: MeasuredBuild): BuildMetrics {
  const {job, image, cacheHits, scan, pushes} = build
  const layersSize = sizeOf(image.layers)
  return {
    schema: METRICS_SCHEMA,
    ...(job.target === undefined ? {} : {target: job.target}),
    platform: formatPlatform(job.platform),
    digest: build.digest,
    builder: build.builder,
    buildTime: build.buildMilliseconds,
    imageSize: layersSize + (image.config?.size ?? 0),
    layersSize,
    layerCount: image.layers.length,
    largestLayers: largestOf(image.layers, build.layers),
    ...(cacheHits === undefined ? {} : {cache: {hits: cacheHits.cached, steps: cacheHits.steps}}),
    ...(scan === undefined
      ? {}
      : {vulnerabilities: {scanner: scan.scanner, ...scan.counts, ignored: scan.ignored}}),
    registries: pushes.map(({repository, uploaded, skipped, milliseconds}) => ({
      repository: formatRepository(repository),
      uploaded,
      skipped,
      milliseconds
    })),
    phases: build.phases,
    gates: build.gates,
    began: build.began
  }
}

function largestOf(layers: readonly Descriptor[], known: readonly ConfigLayer[]): LayerMetric[] {
  return layers
    .map(({digest, size}, at): LayerMetric => {
      const createdBy = known[at]?.createdBy
      return {digest, size, ...(createdBy === undefined ? {} : {createdBy})}
    })
    .sort((a, b) => b.size - a.size)
    .slice(0, LARGEST)
}

function sizeOf(layers: readonly Descriptor[]): number {
  return layers.reduce((sum, {size}) => sum + size, 0)
}
