import {type Platform, parsePlatform} from '../../oci/platform.js'
import {parseBuilderVersion} from './builder-version.js'

/** One node of a builder. */
export interface BuildxNode {
  readonly name: string
  /** What it builds, its own first; none where it does not say. */
  readonly platforms: readonly Platform[]
  /** Those of them that a person named when the node was made. */
  readonly named: readonly Platform[]
}

/** One builder of buildx, as `docker buildx inspect` shows it. */
export interface BuildxInstance {
  readonly name: string
  /** `docker`, `docker-container`, `remote` or `kubernetes` */
  readonly driver: string
  /** The version of BuildKit, `0.31.2`; undefined where it does not tell. */
  readonly buildkit: string | undefined
  /** Why this instance cannot be used; undefined where it can. */
  readonly fault: string | undefined
  readonly nodes: readonly BuildxNode[]
}

/** Docker's own driver has this label only where it keeps images in containerd: without, it cannot export a layout. */
const CONTAINERD_LABEL = 'org.mobyproject.buildkit.worker.snapshotter'

/** Reads the answer of `docker buildx inspect` (buildx 0.10 to 0.33): lines of `Name: value`, then one block a node. */
export function parseBuildxInstance(answer: string): BuildxInstance {
  const driver = fieldOf(answer, 'Driver') ?? ''
  const buildkit = fieldOf(answer, 'BuildKit version') ?? fieldOf(answer, 'Buildkit')
  return {
    name: fieldOf(answer, 'Name') ?? 'default',
    driver,
    buildkit: buildkit === undefined ? undefined : parseBuilderVersion(buildkit),
    fault: faultOf(answer, driver),
    nodes: nodesOf(answer)
  }
}

/** A star marks a platform that a person named; a version of Windows stands in brackets. */
function nodesOf(answer: string): BuildxNode[] {
  const [, ...blocks] = answer.split(/^(?=Name:)/m)
  return blocks.map(block => {
    const listed = (fieldOf(block, 'Platforms') ?? '').split(',')
    return {
      name: fieldOf(block, 'Name') ?? '',
      platforms: listed.flatMap(platformIn),
      named: listed.filter(text => text.includes('*')).flatMap(platformIn)
    }
  })
}

function platformIn(text: string): Platform[] {
  const name = text.replace(/[*]|\(.*\)/g, '').trim()
  try {
    return name === '' ? [] : [parsePlatform(name)]
  } catch {
    return []
  }
}

function faultOf(answer: string, driver: string): string | undefined {
  if (driver === 'docker' && !answer.includes(CONTAINERD_LABEL))
    return 'its driver docker cannot export an image as a layout'
  const error = fieldOf(answer, 'Error')
  // Docker's says twice that its socket is not there, with what to look at between.
  if (error !== undefined) return error.split('; ')[0]
  const status = fieldOf(answer, 'Status')
  return status === 'running' ? undefined : `its status is ${status ?? 'unknown'}`
}

function fieldOf(answer: string, name: string): string | undefined {
  const line = answer.split('\n').find(candidate => candidate.trimStart().startsWith(`${name}:`))
  const value = line?.slice(line.indexOf(':') + 1).trim()
  return value === '' ? undefined : value
}
