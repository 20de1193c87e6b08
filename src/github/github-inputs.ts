import {ReleaseError} from '../errors.js'
import {parsed, text} from '../command/input.js'

/** How GitHub is reached: for every command that asks its API. */

export const githubToken = text({
  summary: "The token for GitHub's API. In a workflow: github.token.",
  placeholder: 'TOKEN',
  variable: 'GITHUB_TOKEN',
  secret: true
})

export const githubRepository = parsed(
  {summary: 'The repository on GitHub; by default the one of the source.', placeholder: 'OWNER/NAME'},
  parseGithubRepository
)

/**
 * Reads `owner/name`.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseGithubRepository(value: string): string {
  if (/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/.test(value)) return value
  throw new ReleaseError(
    'INPUT_INVALID',
    `${JSON.stringify(value)} is not a repository on GitHub: owner/name`
  )
}
