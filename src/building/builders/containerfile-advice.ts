import type {Dockerfile} from 'dockerfile-ast'
import {isTooLong} from './build-context.js'

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
 * decides that is not known here is left out; of a file that is too long nothing is said.
 */
export async function adviseContainerfile(
  text: string,
  use: ContainerfileUse
): Promise<ContainerfileAdvice[]> {
  if (isTooLong(text)) return []
  const {DockerfileParser} = await import('dockerfile-ast')
  const file = DockerfileParser.parse(text)
  const stages = stagesOf(file)
  return [...unpinnedImages(stages, argumentValues(file, use)), ...rootUser(stages, use)]
}

/** What a FROM begins. */
interface Stage {
  /** Its own name in lower case, if it has one. */
  readonly name: string | undefined
  readonly image: string
  readonly line: number
  /** The last USER in it. */
  readonly user: {readonly name: string; readonly line: number} | undefined
}

/** The stages in their order, each with the last USER before the next. */
function stagesOf(file: Dockerfile): Stage[] {
  const users = file.getInstructions().filter(one => one.getKeyword() === 'USER')
  const froms = file.getFROMs()
  return froms.map((from, at) => {
    const line = lineOf(from)
    const next = froms[at + 1]
    const end = next === undefined ? Infinity : lineOf(next)
    const user = users.findLast(one => lineOf(one) > line && lineOf(one) < end)
    return {
      name: from.getBuildStage()?.toLowerCase(),
      image: from.getImage() ?? '',
      line,
      user: user && {name: user.getArgumentsContent() ?? '', line: lineOf(user)}
    }
  })
}

function unpinnedImages(
  stages: readonly Stage[],
  values: ReadonlyMap<string, string>
): ContainerfileAdvice[] {
  const names = new Set(stages.map(({name}) => name))
  return stages.flatMap(({image: written, line}) => {
    const image = expand(written, values)
    if (image === undefined || image === 'scratch' || names.has(image.toLowerCase())) return []
    const fault = pinFault(image)
    return fault === undefined ? [] : [{line, message: `the base image ${image} ${fault}`}]
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
function rootUser(stages: readonly Stage[], {target}: ContainerfileUse): ContainerfileAdvice[] {
  // Of two stages of one name the first counts.
  const named = new Map([...stages].reverse().map(stage => [stage.name, stage]))
  const built = target === undefined ? stages.at(-1) : named.get(target.toLowerCase())
  for (let stage = built, seen = 0; stage !== undefined && seen < stages.length; seen++) {
    const {user} = stage
    if (user !== undefined)
      return isRoot(user.name) ? [{line: user.line, message: 'the image runs as root'}] : []
    stage = named.get(stage.image.toLowerCase())
  }
  if (built === undefined) return []
  return [
    {line: built.line, message: 'the image runs as root, unless its base image says otherwise: add USER'}
  ]
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
