import type {GateProgram} from '../gate-command.js'
import type {ProofSource} from './scan-proof.js'

/** Scanners whose command lines are known. */
export const SCANNERS = ['trivy', 'grype', 'snyk'] as const
export type Scanner = (typeof SCANNERS)[number]

/** How closely an image is looked at: `basic` is for the worst only, `none` not at all. */
export const SCAN_LEVELS = ['full', 'basic', 'none'] as const
export type ScanLevel = (typeof SCAN_LEVELS)[number]

/** What a scanner is asked. */
export interface ScanQuestion {
  /** The folder of an OCI layout with one image, which decides the platform. */
  readonly layout: string
  /** The image as `docker save` packs it; made for those that read no layout. */
  readonly archive: string
  /** Where it writes its report. */
  readonly report: string
  /** Where a scanner whose report names no image writes a second document that does. */
  readonly document: string
  readonly level: 'full' | 'basic'
  /** Leaves out what nobody has mended yet. */
  readonly fixedOnly: boolean
  /** The caller's own arguments. */
  readonly args: readonly string[]
}

/** What is known of a scanner. */
export interface ScanPreset {
  readonly command: (question: ScanQuestion) => GateProgram
  /** Exit codes of a scan that was done; any other is a failure. */
  readonly done: readonly number[]
  /** Variables that it is set up with: addresses of data, and tokens. */
  readonly variables: readonly string[]
  readonly needsArchive: boolean
  /** By what its report is known to be of the image. */
  readonly proof: ProofSource
}

/**
 * The command lines. What was found is counted here and not by the scanner, so that all have one threshold, and the
 * report is kept where it fails: Trivy's and grype's options for that stay at their defaults.
 */
export const SCAN_PRESETS: Readonly<Record<Scanner, ScanPreset>> = {
  // trivy.dev, "trivy image": --input takes an OCI layout or an archive. The report's imageID is the digest of the config
  // (pkg/report/sarif.go, pkg/fanal/artifact/image).
  trivy: {
    command: ({layout, report, level, fixedOnly, args}) => ({
      program: 'trivy',
      args: [
        ...['image', '--input', layout, '--format', 'sarif', '--output', report, '--exit-code', '0'],
        ...(level === 'basic' ? ['--severity', 'CRITICAL'] : []),
        ...(fixedOnly ? ['--ignore-unfixed'] : []),
        ...args
      ]
    }),
    done: [0],
    variables: ['TRIVY_*'],
    needsArchive: false,
    proof: {from: 'report'}
  },
  // github.com/anchore/grype, "Supported sources". Its SARIF names the image by what it was called, and its layers
  // (grype/presenter/sarif); its JSON has the digests (syft/source, ImageMetadata).
  grype: {
    command: ({layout, report, document, fixedOnly, args}) => ({
      program: 'grype',
      args: [
        ...[`oci-dir:${layout}`, '--output', `sarif=${report}`, '--output', `json=${document}`],
        ...(fixedOnly ? ['--only-fixed'] : []),
        ...args
      ]
    }),
    done: [0],
    variables: ['GRYPE_*', 'SYFT_*'],
    needsArchive: false,
    proof: {
      from: 'document',
      fields: [
        ['source', 'target', 'manifestDigest'],
        ['source', 'target', 'imageID'],
        ['source', 'target', 'repoDigests']
      ]
    }
  },
  // docs.snyk.io, "Container test": 1 says that something was found. It reads archives, not layouts, and
  // its SARIF says nothing of the image (src/lib/formatters/sarif-output.ts).
  snyk: {
    command: ({archive, report, level, args}) => ({
      program: 'snyk',
      args: [
        ...['container', 'test', `docker-archive:${archive}`, `--sarif-file-output=${report}`],
        ...(level === 'basic' ? ['--severity-threshold=critical'] : []),
        ...args
      ]
    }),
    done: [0, 1],
    variables: ['SNYK_*'],
    needsArchive: true,
    proof: {from: 'invocation'}
  }
}

/** Whether a word names a scanner that is known. */
export function isScanner(word: string): word is Scanner {
  return Object.hasOwn(SCAN_PRESETS, word)
}
