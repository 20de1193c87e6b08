import {ReleaseError} from '../errors.js'
import type {GithubAnswer, GithubApi, GithubRequest} from '../ports.js'

/**
 * Sends a request to GitHub and takes only the statuses that are expected.
 * @param right what a job needs for it, in the words of a workflow: `contents: write`
 * @throws ReleaseError GITHUB_FAILED with what GitHub said
 */
export async function askGithub(
  api: GithubApi,
  request: GithubRequest,
  {expect, right}: {readonly expect: readonly number[]; readonly right: string}
): Promise<GithubAnswer> {
  const answer = await api(request)
  if (expect.includes(answer.status)) return answer
  throw githubRefusal(request, answer, right)
}

/** What is said of an answer that is a failure. */
export function githubRefusal(
  request: GithubRequest,
  {status, body}: GithubAnswer,
  right: string
): ReleaseError {
  const said = [answerText(body, 'message'), ...errorsIn(body)].filter(Boolean).join('; ')
  return new ReleaseError(
    'GITHUB_FAILED',
    `${request.method} ${request.path} at GitHub: ${status}${said === '' ? '' : ` ${said}`}`,
    {hint: hintFor(status, right)}
  )
}

function hintFor(status: number, right: string): string | undefined {
  if (status === 401) return 'The token is not valid any more, or of another GitHub.'
  if (status === 403 || status === 404)
    return `Give this job "${right}", or a token that has it for this repository.`
  return undefined
}

/** A field of an answer; undefined where the answer is no object, or lacks it. */
export function fieldOf(body: unknown, name: string): unknown {
  const isObject = typeof body === 'object' && body !== null
  return isObject ? Object.entries(body).find(([key]) => key === name)?.[1] : undefined
}

/** A field that is a text; '' where it is none. */
export function answerText(body: unknown, name: string): string {
  const value = fieldOf(body, name)
  return typeof value === 'string' ? value : ''
}

/** Of a 422: what is wrong with which field (docs.github.com, "Troubleshooting the REST API"). */
export function errorsIn(body: unknown): string[] {
  const errors = fieldOf(body, 'errors')
  if (!Array.isArray(errors)) return []
  return errors.map((error: unknown) =>
    typeof error === 'string'
      ? error
      : [answerText(error, 'field'), answerText(error, 'code'), answerText(error, 'message')]
          .filter(Boolean)
          .join(' ')
  )
}
