/** What the config of an OCI image has no field for (image-spec config.md); BuildKit writes it all the same, buildah does not. */
const WITHOUT_FIELD = ['HEALTHCHECK', 'SHELL', 'ONBUILD'] as const

/**
 * The instructions of the stage that is built which buildah and podman leave out of an image of format oci.
 * @param target the stage; the last where it is left out
 */
export function lostInstructions(containerfile: string, target?: string): string[] {
  const stages = containerfile.split(/^(?=[^\S\n]*FROM\s)/im).filter(stage => /^\s*FROM\s/i.test(stage))
  const named = stages.find(stage => nameOf(stage) !== undefined && nameOf(stage) === target?.toLowerCase())
  const stage = target === undefined ? stages.at(-1) : named
  return WITHOUT_FIELD.filter(word =>
    new RegExp(`^[^\\S\\n]*${word}\\b(?!\\s+NONE)`, 'im').test(stage ?? containerfile)
  )
}

function nameOf(stage: string): string | undefined {
  return /^[^\n]*\sAS\s+(\S+)/i.exec(stage)?.[1]?.toLowerCase()
}
