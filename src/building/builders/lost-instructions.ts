import {listIn, textIn, tryParseJson} from '../../shared/json.js'

/** What the config of an OCI image has no field for (image-spec config.md); BuildKit writes it all the same, buildah does not. */
const WITHOUT_FIELD = ['HEALTHCHECK', 'SHELL', 'ONBUILD'] as const

/**
 * The instructions of the stage that is built which buildah and podman leave out of an image of format oci.
 * @param target the stage; the last where it is left out
 */
export function lostInstructions(containerfile: string, target?: string): string[] {
  const stage = stageOf(containerfile, target)
  return WITHOUT_FIELD.filter(word => new RegExp(`^[^\\S\\n]*${word}\\b(?!\\s+NONE)`, 'im').test(stage))
}

/**
 * The volumes of the stage that is built which its image does not have. Paths with variables are not compared.
 * @param volumes `Volumes` of the config, by their paths
 */
export function lostVolumes(
  containerfile: string,
  target: string | undefined,
  volumes: Readonly<Record<string, unknown>>
): string[] {
  // Of a stage that is named by its number it is not known which instructions are its own.
  if (target !== undefined && /^\d+$/.test(target)) return []
  const lines = stageOf(containerfile, target)
    .replaceAll(/\\[^\S\n]*\n/g, ' ')
    .split('\n')
  const asked = lines.flatMap(line => {
    const text = /^\s*VOLUME\s+(.+)$/i.exec(line)?.[1]?.trim() ?? ''
    const listed = text.startsWith('[') ? tryParseJson(text) : undefined
    return listed === undefined ? text.split(/\s+/) : listIn(listed).map(textIn)
  })
  return [...new Set(asked)].filter(
    volume => volume !== '' && !volume.includes('$') && !Object.hasOwn(volumes, volume)
  )
}

/** The text of a stage; of all where it is named by its number. */
function stageOf(containerfile: string, target: string | undefined): string {
  const stages = containerfile.split(/^(?=[^\S\n]*FROM\s)/im).filter(stage => /^\s*FROM\s/i.test(stage))
  const named = stages.find(stage => nameOf(stage) !== undefined && nameOf(stage) === target?.toLowerCase())
  return (target === undefined ? stages.at(-1) : named) ?? containerfile
}

function nameOf(stage: string): string | undefined {
  return /^[^\n]*\sAS\s+(\S+)/i.exec(stage)?.[1]?.toLowerCase()
}
