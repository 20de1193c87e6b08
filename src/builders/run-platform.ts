import type {Dockerfile, From} from 'dockerfile-ast'

/** A step of a Containerfile that runs a program of the platform that is built for. */
export interface TargetStep {
  /** Counted from 1. */
  readonly line: number
}

/** One stage: where it begins and ends, what it is made of, and whether it is of the platform that is built for. */
interface Stage {
  readonly from: From
  readonly start: number
  readonly end: number
}

/**
 * The first RUN of the stage that is built, or of one that it takes something from, that runs on the platform that is built
 * for; undefined where all that runs does so on the machine's own (`FROM --platform=$BUILDPLATFORM`).
 * @param target the stage that is built; the last where it is left out
 */
export async function findTargetStep(text: string, target?: string): Promise<TargetStep | undefined> {
  const {DockerfileParser} = await import('dockerfile-ast')
  const file = DockerfileParser.parse(text)
  const stages = stagesOf(file)
  const built = target === undefined ? stages.length - 1 : indexOf(stages, target)
  const seen = new Set<number>()
  const left = [built]
  const lines: number[] = []
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const stage = stages[at]
    if (stage === undefined || seen.has(at)) continue
    seen.add(at)
    const {runs, sources} = readStage(file, stage, text)
    if (isOfTarget(stages, stage)) lines.push(...runs)
    left.push(...sources.map(name => indexOf(stages.slice(0, at), name)))
  }
  return lines.length === 0 ? undefined : {line: Math.min(...lines)}
}

function stagesOf(file: Dockerfile): Stage[] {
  const froms = file.getFROMs()
  return froms.map((from, at) => {
    const next = froms[at + 1]
    return {from, start: lineOf(from), end: next === undefined ? Infinity : lineOf(next)}
  })
}

/** By name, or by number as `COPY --from=0` does; -1 for an image. */
function indexOf(stages: readonly Stage[], name: string): number {
  if (/^\d+$/.test(name)) return Number(name) < stages.length ? Number(name) : -1
  return stages.findLastIndex(({from}) => from.getBuildStage()?.toLowerCase() === name.toLowerCase())
}

/** A stage that is built on another is of its platform, unless it says one itself. */
function isOfTarget(stages: readonly Stage[], {from, start}: Stage): boolean {
  const platform = from.getPlatformFlag()?.getValue()
  if (platform !== undefined && platform !== null) return /TARGETPLATFORM/.test(platform)
  const before = stages.filter(stage => stage.start < start)
  const base = before[indexOf(before, from.getImage() ?? '')]
  return base === undefined || isOfTarget(before, base)
}

function readStage(
  file: Dockerfile,
  {from, start, end}: Stage,
  whole: string
): {readonly runs: readonly number[]; readonly sources: readonly string[]} {
  const lines = whole.split('\n')
  const own = file.getInstructions().filter(one => lineOf(one) > start && lineOf(one) < end)
  const texts = own.map(one => ({
    keyword: one.getKeyword(),
    // Flags are no arguments of an instruction.
    text: lines.slice(lineOf(one) - 1, one.getRange().end.line + 1).join(' '),
    line: lineOf(one)
  }))
  return {
    runs: texts.filter(({keyword}) => keyword === 'RUN').map(({line}) => line),
    sources: [
      from.getImage() ?? '',
      ...texts
        .filter(({keyword}) => ['COPY', 'ADD', 'RUN'].includes(keyword))
        .flatMap(({text}) =>
          [...text.matchAll(/(?:--from=|[,=]from=)([^\s,]+)/g)].map(([, name = '']) => name)
        )
    ]
  }
}

function lineOf(instruction: {getRange(): {start: {line: number}}}): number {
  return instruction.getRange().start.line + 1
}
