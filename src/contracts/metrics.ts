/** The version of the metrics' own format. Numbers may be added within a version; none changes its meaning. */
export const METRICS_SCHEMA = 1

/** A layer of an image. */
export interface LayerMetric {
  readonly digest: string
  /** Bytes as they are stored and fetched: compressed. */
  readonly size: number
  /** The instruction that made it. */
  readonly createdBy?: string
}

/** A span of a build job. */
export interface PhaseMetric {
  /** `build`, `scan`, `test`, `push ghcr.io/o/app` … */
  readonly name: string
  /** Milliseconds since the job began. */
  readonly start: number
  readonly milliseconds: number
}

/** What one registry was sent. */
export interface RegistryMetric {
  readonly repository: string
  /** Bytes of blobs that were sent. */
  readonly uploaded: number
  /** Bytes of blobs that were there already, or were mounted. */
  readonly skipped: number
  readonly milliseconds: number
}

/** Which steps of a build came from a cache. */
export interface CacheMetric {
  readonly hits: number
  readonly steps: number
}

/** What was found in an image. */
export interface VulnerabilityMetric {
  readonly scanner: string
  readonly critical: number
  readonly high: number
  readonly medium: number
  readonly low: number
  readonly unknown: number
  readonly ignored: number
}

/** Something that an image was held against before its digest was handed over, and what speaks for it. It passed. */
export interface PassedGate {
  readonly gate: 'scan' | 'test' | 'layers' | 'sbom'
  readonly evidence: string
}

/** The numbers of one build of one platform. */
export interface BuildMetrics {
  readonly schema: typeof METRICS_SCHEMA
  /** The plan's name for the image; absent without a plan. */
  readonly target?: string
  readonly platform: string
  readonly digest: string
  /** Name and version. */
  readonly builder: string
  /** Milliseconds that the builder took. */
  readonly buildTime: number
  /** Bytes that a pull fetches: config and layers, compressed. */
  readonly imageSize: number
  /** Bytes of the layers alone. */
  readonly layersSize: number
  readonly layerCount: number
  /** The largest layers, largest first. */
  readonly largestLayers: readonly LayerMetric[]
  readonly cache?: CacheMetric
  readonly vulnerabilities?: VulnerabilityMetric
  readonly registries: readonly RegistryMetric[]
  readonly phases: readonly PhaseMetric[]
  /** What it was held against; absent in metrics of earlier versions. */
  readonly gates?: readonly PassedGate[]
  /** When the build job began, as ISO 8601; absent in metrics of earlier versions. */
  readonly began?: string
}
