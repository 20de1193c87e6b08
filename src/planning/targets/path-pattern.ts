import {ReleaseError} from '../../errors.js'
import {parseInputLines} from '../rules/input-lines.js'

/** One line of the input `paths`. */
export interface PathPattern {
  /** The target or service that it is for; undefined where it is for all. */
  readonly name: string | undefined
  readonly glob: string
  /** Takes files out again that a line before took in. */
  readonly isNegated: boolean
}

/** Files that say what an image depends on: the word auto stands for them. */
const DEPENDENCY_FILES = [
  ...['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock'],
  ...['requirements*.txt', 'pyproject.toml', 'poetry.lock', 'uv.lock', 'pdm.lock', 'Pipfile.lock'],
  ...['go.mod', 'go.sum', 'Cargo.toml', 'Cargo.lock', 'Gemfile.lock', 'composer.lock', 'mix.lock'],
  ...['pom.xml', 'build.gradle', 'build.gradle.kts', 'gradle.lockfile', 'packages.lock.json'],
  ...['Dockerfile', 'Dockerfile.*', '*.Dockerfile', 'Containerfile', 'Containerfile.*']
].map(name => `**/${name}`)

/**
 * Reads the input `paths`: a glob a line, with `name: ` in front where it is for one target or service, and "!" where it
 * takes files out again.
 * @throws InputError with all faults, each with the number of its line
 */
export function parsePaths(text: string): PathPattern[] {
  return parseInputLines('paths', text, (line, report) => {
    const [, name, rest = ''] = /^(?:([a-z0-9][a-z0-9_.-]*):\s+)?(.*)$/s.exec(line.text.trim()) ?? []
    return patternOf(rest, report, name)
  })
}

/**
 * Reads the input `dependency-paths`: a glob a line, or auto for the usual files of package managers.
 * @throws InputError with all faults
 */
export function parseDependencyPaths(text: string): PathPattern[] {
  return parseInputLines('dependency-paths', text, (line, report) => {
    const glob = line.text.trim()
    return glob === 'auto'
      ? DEPENDENCY_FILES.map(file => ({name: undefined, glob: file, isNegated: false}))
      : [patternOf(glob, report)]
  }).flat()
}

function patternOf(text: string, report: (fault: string) => void, name?: string): PathPattern {
  const isNegated = text.startsWith('!')
  const glob = (isNegated ? text.slice(1) : text).trim()
  if (glob === '') report('a pattern is missing')
  if (/^(?:\/|\.\.?\/)/.test(glob))
    report(
      `${JSON.stringify(glob)} does not start from the root of the repository; leave out "/", "./" and "../"`
    )
  if (glob.includes('\\')) report(`${JSON.stringify(glob)} has a "\\"; folders are separated by "/"`)
  return {name, glob, isNegated}
}

/**
 * Reads the input `changed-since`: a commit or the name of a ref, which Git must not take for an option.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseCommitish(text: string): string {
  const commitish = text.trim()
  if (/^[A-Za-z0-9_][\w./@^~-]*$/.test(commitish) && !commitish.includes('..')) return commitish
  throw new ReleaseError('INPUT_INVALID', `${JSON.stringify(commitish)} is not a commit or the name of a ref`)
}
