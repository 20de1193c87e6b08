import type {BuildMetrics} from '../../src/contracts/metrics.js'

const MIB = 1024 * 1024

/** Metrics as a build of an ordinary application has them. */
export function sampleMetrics(changes: Partial<BuildMetrics> = {}): BuildMetrics {
  return {
    schema: 1,
    target: 'app',
    platform: 'linux/arm64',
    digest: `sha256:${'a'.repeat(64)}`,
    builder: 'buildx 0.33.0',
    buildTime: 95_400,
    imageSize: 78 * MIB,
    layersSize: 77 * MIB,
    layerCount: 6,
    largestLayers: [
      {
        digest: `sha256:${'b'.repeat(64)}`,
        size: 40 * MIB,
        createdBy: 'RUN |1 A=b /bin/sh -c pip install `x`'
      },
      {digest: `sha256:${'c'.repeat(64)}`, size: 30 * MIB}
    ],
    cache: {hits: 9, steps: 12},
    vulnerabilities: {
      scanner: 'Trivy 0.58.0',
      critical: 0,
      high: 2,
      medium: 0,
      low: 7,
      unknown: 0,
      ignored: 1
    },
    registries: [{repository: 'ghcr.io/o/app', uploaded: 40 * MIB, skipped: 38 * MIB, milliseconds: 8100}],
    phases: [
      {name: 'build', start: 0, milliseconds: 95_400},
      {name: 'scan', start: 95_400, milliseconds: 12_000},
      {name: 'test', start: 107_400, milliseconds: 31_000},
      {name: 'push ghcr.io/o/app', start: 138_400, milliseconds: 8100},
      {name: 'push localhost:5000/o/app', start: 138_400, milliseconds: 3000}
    ],
    ...changes
  }
}
