import type {Dockerfile} from 'dockerfile-ast'
import {isTooLong} from './build-context.js'

/** A step of a Containerfile that runs a program of the platform that is built for. */
export interface TargetStep {
  /** Counted from 1. */
  readonly line: number
}

/** One stage: what it is made of, and whether it is of the platform that is built for. */
interface Stage {
  /** In lower case; undefined where it has none. */
  readonly name: string | undefined
  readonly isOfTarget: boolean
  /** The lines of its RUN. */
  readonly runs: readonly number[]
  /** Stages and images that it takes something from, its base among them. */
  readonly sources: readonly string[]
}

/**
 * The first RUN of the stage that is built, or of one that it takes something from, that runs on the platform that is built
 * for; undefined where all that runs does so on the machine's own (`FROM --platform=$BUILDPLATFORM`), and for a file that is
 * too long to be looked at.
 * @param target the stage that is built; the last where it is left out
 */
export async function findTargetStep(text: string, target?: string): Promise<TargetStep | undefined> {
  if (isTooLong(text)) return undefined
  const {DockerfileParser} = await import('dockerfile-ast')
  const stages = stagesOf(DockerfileParser.parse(text), text.split('\n'))
  const built = target === undefined ? stages.length - 1 : indexOf(stages, target)
  const seen = new Set<number>()
  const left = [built]
  const lines: number[] = []
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const stage = stages[at]
    if (stage === undefined || seen.has(at)) continue
    seen.add(at)
    if (stage.isOfTarget) lines.push(...stage.runs)
    left.push(...stage.sources.map(name => indexOf(stages, name, at)))
  }
  return lines.length === 0 ? undefined : {line: Math.min(...lines)}
}

/** The stages in their order: a stage knows those before it only. */
function stagesOf(file: Dockerfile, lines: readonly string[]): Stage[] {
  const instructions = file.getInstructions().map(one => ({
    keyword: one.getKeyword(),
    line: lineOf(one),
    // Flags are no arguments of an instruction.
    text: lines.slice(lineOf(one) - 1, one.getRange().end.line + 1).join(' ')
  }))
  const froms = file.getFROMs()
  const stages: Stage[] = []
  for (const [at, from] of froms.entries()) {
    const next = froms[at + 1]
    const end = next === undefined ? Infinity : lineOf(next)
    const own = instructions.filter(({line}) => line > lineOf(from) && line < end)
    const image = from.getImage() ?? ''
    const platform = from.getPlatformFlag()?.getValue() ?? undefined
    // A stage that is built on another is of its platform, unless it says one itself.
    const isOfTarget =
      platform === undefined
        ? (stages[indexOf(stages, image)]?.isOfTarget ?? true)
        : platform.includes('TARGETPLATFORM')
    stages.push({
      name: from.getBuildStage()?.toLowerCase(),
      isOfTarget,
      runs: own.filter(({keyword}) => keyword === 'RUN').map(({line}) => line),
      sources: [
        image,
        ...own.filter(({keyword}) => TAKES.includes(keyword)).flatMap(({text}) => sourcesIn(text))
      ]
    })
  }
  return stages
}

const TAKES = ['COPY', 'ADD', 'RUN']

function sourcesIn(text: string): string[] {
  return [...text.matchAll(/(?:--from=|[,=]from=)([^\s,]+)/g)].map(([, name = '']) => name)
}

/** By name, or by number as `COPY --from=0` does, among the first so many; -1 for an image. */
function indexOf(stages: readonly Stage[], name: string, most = stages.length): number {
  if (/^\d+$/.test(name)) return Number(name) < most ? Number(name) : -1
  const wanted = name.toLowerCase()
  return stages.findLastIndex((stage, at) => at < most && stage.name === wanted)
}

function lineOf(instruction: {getRange(): {start: {line: number}}}): number {
  return instruction.getRange().start.line + 1
}
