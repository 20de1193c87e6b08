import picomatch from 'picomatch'
import {InputError} from '../../errors.js'
import {boundedExpression} from '../../patterns/bounded-expression.js'
import {nearest} from '../../shared/did-you-mean.js'
import type {PlannedTarget} from '../../contracts/plan.js'
import type {PathPattern} from './path-pattern.js'

/** A target and the service that it is of. */
export interface ServiceTarget {
  readonly target: PlannedTarget
  readonly service: string | undefined
}

/** What changed, and whether it matters. */
export interface Changes {
  /** By the name of the target. */
  readonly targets: ReadonlyMap<string, boolean>
  readonly dependencies: boolean
}

/** What is asked of the files that changed. */
export interface ChangeQuestion {
  readonly targets: readonly ServiceTarget[]
  readonly paths: readonly PathPattern[]
  readonly dependencyPaths: readonly PathPattern[]
}

/**
 * Which targets the changed files concern. A target without patterns of its own has its build context, where that is a
 * folder of the repository; with neither that nor patterns for all it counts as changed, as all do where nobody knows
 * which files changed, and as dependencies do without patterns.
 * @param files paths from the root of the repository; undefined where they are not known
 * @param dependencyFiles those that tell of dependencies, if another commit is compared with for them
 * @throws InputError where a pattern is for a target or service that there is not
 */
export function findChanges(
  {targets, paths, dependencyPaths}: ChangeQuestion,
  files: readonly string[] | undefined,
  dependencyFiles = files
): Changes {
  assertKnown(paths, targets)
  const isChanged = (patterns: readonly PathPattern[], among = files): boolean =>
    among?.some(matcherOf(patterns)) ?? true
  return {
    targets: new Map(
      targets.map(each => {
        const patterns = patternsOf(each, paths)
        return [each.target.name, patterns.length === 0 || isChanged(patterns)]
      })
    ),
    dependencies: dependencyPaths.length === 0 || isChanged(dependencyPaths, dependencyFiles)
  }
}

function assertKnown(paths: readonly PathPattern[], targets: readonly ServiceTarget[]): void {
  const known = [
    ...new Set(
      targets.flatMap(({target, service}) => (service === undefined ? [target.name] : [service, target.name]))
    )
  ]
  const unknown = [...new Set(paths.map(({name}) => name))].filter(
    name => name !== undefined && !known.includes(name)
  )
  if (unknown.length === 0) return
  throw new InputError(
    unknown.map((name = '') => {
      const guess = nearest(name, known)
      const advice = guess === undefined ? `there are ${known.join(', ')}` : `did you mean ${guess}?`
      return {input: 'paths', message: `${JSON.stringify(name)} is neither a service nor a target; ${advice}`}
    })
  )
}

function patternsOf({target, service}: ServiceTarget, paths: readonly PathPattern[]): PathPattern[] {
  const isOwn = ({name}: PathPattern): boolean => name === service || name === target.name
  const hasOwn = paths.some(pattern => pattern.name !== undefined && isOwn(pattern))
  const given = paths.filter(pattern => pattern.name === undefined || isOwn(pattern))
  return hasOwn ? given : [...contextPatterns(target), ...given]
}

/** The folder that is built, and the Containerfile, which need not lie in it. Git addresses are no folders. */
function contextPatterns({build}: PlannedTarget): PathPattern[] {
  const folder = build?.context?.replace(/^\.\//, '').replace(/\/+$/, '') ?? ''
  if (folder === '' || folder.startsWith('.') || folder.startsWith('/') || /[:#]/.test(folder)) return []
  const file = build?.file?.replace(/^\.\//, '')
  const plain = (path: string): string => path.replace(/[*?[\]{}()!+@\\]/g, '\\$&')
  return [`${plain(folder)}/**`, ...(file === undefined ? [] : [plain(file)])].map(glob => ({
    name: undefined,
    glob,
    isNegated: false
  }))
}

/** The last pattern that matches decides, as in the path filters of GitHub; only "!" patterns take out of everything. */
function matcherOf(patterns: readonly PathPattern[]): (file: string) => boolean {
  const matchers = patterns.map(({glob, isNegated}) => ({isMatch: globMatcher(glob), isNegated}))
  const isAll = patterns.length > 0 && patterns.every(({isNegated}) => isNegated)
  return file => {
    const last = matchers.findLast(({isMatch}) => isMatch(file))
    return last === undefined ? isAll : !last.isNegated
  }
}

/** A pattern without wildcards is a file, or a folder with all that is in it. */
function globMatcher(glob: string): (file: string) => boolean {
  const path = glob.replace(/\/+$/, '')
  const globs = /[*?[{]/.test(path) ? [path] : [path, `${path}/**`]
  const options = {dot: true, noextglob: true, nonegate: true}
  if (isSimple(path)) return picomatch(globs, options)
  const tests = globs.map(one => {
    const {source, flags} = picomatch.makeRe(one, options)
    return boundedExpression(source, flags).test
  })
  return file => tests.some(test => test(file))
}

/** A few wildcards are quick as they are; of many, or of groups, names of files could be made that take for ever. */
function isSimple(glob: string): boolean {
  return !glob.includes('(') && (glob.match(/\*+|\{/g) ?? []).length <= 3
}
