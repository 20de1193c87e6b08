import type {Dockerfile, From} from 'dockerfile-ast'

/** Something that a Containerfile could do better: where, and what. */
export interface ContainerfileAdvice {
  /** Counted from 1. */
  readonly line: number
  readonly message: string
}

/** How the Containerfile is built. */
export interface ContainerfileUse {
  /** The stage that is built; the last where it is left out. */
  readonly target?: string | undefined
  /** NAME=VALUE each. */
  readonly args?: readonly string[] | undefined
}

/**
 * Looks for base images that may be others tomorrow, and for an image that runs as root. What a value of the build
 * decides that is not known here is left out.
 */
export async function adviseContainerfile(
  text: string,
  use: ContainerfileUse
): Promise<ContainerfileAdvice[]> {
  const {DockerfileParser} = await import('dockerfile-ast')
  const file = DockerfileParser.parse(text)
  return [...unpinnedImages(file, use), ...rootUser(file, use)]
}

function unpinnedImages(file: Dockerfile, use: ContainerfileUse): ContainerfileAdvice[] {
  const values = argumentValues(file, use)
  const stages = new Set(file.getFROMs().map(from => from.getBuildStage()?.toLowerCase()))
  return file.getFROMs().flatMap(from => {
    const image = expand(from.getImage() ?? '', values)
    if (image === undefined || image === 'scratch' || stages.has(image.toLowerCase())) return []
    const fault = pinFault(image)
    return fault === undefined ? [] : [{line: lineOf(from), message: `the base image ${image} ${fault}`}]
  })
}

/** A digest never changes, and the tag of a whole version or of a day hardly ever. */
function pinFault(image: string): string | undefined {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return undefined
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  if (tag === undefined) return 'has no tag, which means latest: name a whole version or a digest'
  if (/\d+\.\d+\.\d+|\d{8}/.test(tag)) return undefined
  return 'may be another tomorrow: name a whole version or a digest'
}

/** The user of the stage that is built, which may come from a stage that it is built on. */
function rootUser(file: Dockerfile, {target}: ContainerfileUse): ContainerfileAdvice[] {
  const froms = file.getFROMs()
  const byName = (name: string | null | undefined): From | undefined =>
    froms.find(from => typeof name === 'string' && from.getBuildStage()?.toLowerCase() === name.toLowerCase())
  const built = target === undefined ? froms.at(-1) : byName(target)
  for (let stage = built, seen = 0; stage !== undefined && seen < froms.length; seen++) {
    const user = userOf(file, stage)
    if (user !== undefined)
      return isRoot(user.name) ? [{line: user.line, message: 'the image runs as root'}] : []
    stage = byName(stage.getImage())
  }
  if (built === undefined) return []
  return [
    {line: lineOf(built), message: 'the image runs as root, unless its base image says otherwise: add USER'}
  ]
}

/** The last USER of a stage. */
function userOf(file: Dockerfile, stage: From): {readonly name: string; readonly line: number} | undefined {
  const starts = file.getFROMs().map(lineOf)
  const start = lineOf(stage)
  const end = starts.find(line => line > start) ?? Infinity
  const found = file
    .getInstructions()
    .filter(one => one.getKeyword() === 'USER' && lineOf(one) > start && lineOf(one) < end)
    .at(-1)
  return found && {name: found.getArgumentsContent() ?? '', line: lineOf(found)}
}

function isRoot(user: string): boolean {
  return /^(?:root|0)(?::|$)/.test(user.trim())
}

/** The arguments that a FROM may use: their defaults, and what the build gives. */
function argumentValues(file: Dockerfile, {args = []}: ContainerfileUse): ReadonlyMap<string, string> {
  const defaults = file.getInitialARGs().flatMap((arg): [string, string][] => {
    const property = arg.getProperty()
    const value = property?.getValue()
    return property && value !== null && value !== undefined ? [[property.getName(), value]] : []
  })
  const given = args.map((arg): [string, string] => {
    const [name = '', ...value] = arg.split('=')
    return [name, value.join('=')]
  })
  return new Map([...defaults, ...given])
}

/** Undefined where a value is not known. */
function expand(text: string, values: ReadonlyMap<string, string>): string | undefined {
  const unknown: string[] = []
  const expanded = text.replace(
    /\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
    (whole, braced: string | undefined, otherwise: string | undefined, plain: string | undefined) => {
      const value = values.get(braced ?? plain ?? '') ?? otherwise
      if (value === undefined) unknown.push(whole)
      return value ?? whole
    }
  )
  return unknown.length > 0 || expanded === '' ? undefined : expanded
}

function lineOf(instruction: {getRange(): {start: {line: number}}}): number {
  return instruction.getRange().start.line + 1
}
