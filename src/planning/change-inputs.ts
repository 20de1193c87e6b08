import {linesTo, parsed} from '../command/input.js'
import {parseCommitish, parseDependencyPaths, parsePaths} from './targets/path-pattern.js'

/** What tells which images a run changes. */
export const changeInputs = {
  paths: linesTo(
    {
      summary:
        'Files that concern the image, a pattern a line: src/**, !**/*.md; api: services/api/** is for the service or target api alone. A service without patterns of its own has its build context.',
      placeholder: 'PATTERN'
    },
    parsePaths,
    []
  ),
  'dependency-paths': linesTo(
    {
      summary:
        'Files that say what the image depends on, a pattern a line; auto stands for the usual files of package managers.',
      placeholder: 'PATTERN'
    },
    parseDependencyPaths,
    []
  ),
  'changed-since': parsed(
    {
      summary:
        'The commit or ref that files are compared with; by default the one before the push, or where the pull request parted from its branch; for dependency-paths of a Git tag the tag of the version before, of schedules and runs by hand the newest Git tag.',
      placeholder: 'REF'
    },
    parseCommitish
  )
}

/** The outputs that say it. */
export const changeOutputs = {
  changed:
    'JSON: true or false for each target, whether files that concern it changed. What cannot be told counts as changed.',
  'any-changed': 'true where any target changed, else false.',
  'dependencies-changed': 'true where a file of dependency-paths changed or that cannot be told, else false.'
}
