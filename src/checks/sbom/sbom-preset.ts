import type {GateProgram} from '../gate-command.js'

/** Tools for bills of materials whose command lines are known. */
export const SBOM_TOOLS = ['syft', 'trivy'] as const
export type SbomTool = (typeof SBOM_TOOLS)[number]

/** Formats of a bill of materials, both as JSON. */
export const SBOM_FORMATS = ['spdx', 'cyclonedx'] as const
export type SbomFormat = (typeof SBOM_FORMATS)[number]

/** What a tool is asked. */
export interface SbomQuestion {
  /** The folder of an OCI layout with one image, which decides the platform. */
  readonly layout: string
  readonly format: SbomFormat
  /** Where it writes. */
  readonly file: string
}

/** What is known of a tool. */
export interface SbomPreset {
  readonly command: (question: SbomQuestion) => GateProgram
  /** Variables that it is set up with. */
  readonly variables: readonly string[]
}

/** The command lines. */
export const SBOM_PRESETS: Readonly<Record<SbomTool, SbomPreset>> = {
  // github.com/anchore/syft, "Supported sources" and "Output formats".
  syft: {
    command: ({layout, format, file}) => ({
      program: 'syft',
      args: ['scan', `oci-dir:${layout}`, '--output', `${format}-json=${file}`]
    }),
    variables: ['SYFT_*']
  },
  // trivy.dev, "SBOM": CycloneDX has no `-json` behind its name there.
  trivy: {
    command: ({layout, format, file}) => ({
      program: 'trivy',
      args: [
        ...['image', '--input', layout, '--format', format === 'spdx' ? 'spdx-json' : format],
        ...['--output', file]
      ]
    }),
    variables: ['TRIVY_*']
  }
}

/** Whether a word names a tool that is known. */
export function isSbomTool(word: string): word is SbomTool {
  return Object.hasOwn(SBOM_PRESETS, word)
}
