import type {Matrix} from './matrix.js'
import type {DecidedTarget} from '../targets/target-plan.js'

/** One scan job. The axes of its variant stand beside these. */
export interface ScanJob {
  readonly target: string
  /** Repositories, separated by commas. */
  readonly images: string
  /** How closely it is looked at. */
  readonly level: 'full' | 'basic'
  /** Whether this job is the one that scans the Containerfile. */
  readonly dockerfile: boolean
}

/**
 * Images that stand for all: of each service the default variant, scanned in full, and the one with the oldest version,
 * scanned for the worst only. Every Containerfile is scanned by one of them.
 */
export function scanMatrix(targets: readonly DecidedTarget[]): Matrix<ScanJob> {
  const seen = new Set<string>()
  const include = servicesOf(targets)
    .flatMap(representatives)
    .map(([{target}, level]) => {
      const file = target.build?.file ?? `${target.build?.context ?? ''}/`
      const isNew = !seen.has(file)
      seen.add(file)
      const {name, images, variant} = target
      return {...variant, target: name, images: images.join(','), level, dockerfile: isNew}
    })
  return {include}
}

function servicesOf(targets: readonly DecidedTarget[]): DecidedTarget[][] {
  const services = new Map<string, DecidedTarget[]>()
  for (const target of targets) {
    const name = target.service ?? ''
    services.set(name, [...(services.get(name) ?? []), target])
  }
  return [...services.values()]
}

function representatives(targets: readonly DecidedTarget[]): [DecidedTarget, ScanJob['level']][] {
  const main = targets.find(({variant}) => variant.isDefault) ?? targets[0]
  if (main === undefined) return []
  const oldest = [...targets].sort(byAge(main))[0]
  return oldest === undefined || oldest === main
    ? [[main, 'full']]
    : [
        [main, 'full'],
        [oldest, 'basic']
      ]
}

/** The oldest version first; of those that are as old the one that is most like the default. */
function byAge(main: DecidedTarget): (a: DecidedTarget, b: DecidedTarget) => number {
  return (a, b) => {
    for (const [axis, value] of a.variant.values) {
      const other = b.variant.values.get(axis) ?? ''
      const order = isVersion(value) && isVersion(other) ? compareVersions(value, other) : 0
      if (order !== 0) return order
    }
    return likeness(b, main) - likeness(a, main)
  }
}

function likeness({variant}: DecidedTarget, main: DecidedTarget): number {
  return [...variant.values].filter(([axis, value]) => main.variant.values.get(axis) === value).length
}

function isVersion(text: string): boolean {
  return /^v?\d/.test(text)
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', {numeric: true})
}
