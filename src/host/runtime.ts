import {ReleaseError} from '../errors.js'

/** What `engines` of package.json says. */
const OLDEST = [20, 19] as const

/**
 * @param version of Node, `24.11.1`
 * @throws ReleaseError RUNNER_UNSUPPORTED if it is too old
 */
export function assertRuntime(version = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
  throw new ReleaseError(
    'RUNNER_UNSUPPORTED',
    `this runs on Node ${version}, and needs ${OLDEST.join('.')} or later`,
    {
      hint: 'As an action: update the runner to 2.327.1 or later, which brings Node 24. On a command line: install Node 24.'
    }
  )
}
