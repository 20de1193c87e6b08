import {type GithubServer, type ServedRequest, startGithub} from '../github-server.js'
import {permissionsOfToken} from './job-token.js'

/** GitHub's API for a repository, which takes the tokens of jobs, and asks each for its permissions. */
export function startHostedGithub(repository: string): Promise<GithubServer> {
  return startGithub({
    repository,
    token: token => permissionsOfToken(token) !== undefined,
    forbids: request => !isPermitted(request)
  })
}

/** By the first part of the path, what reads and writes need. */
const RIGHTS: Readonly<Record<string, string>> = {
  releases: 'contents',
  pulls: 'pull-requests',
  attestations: 'attestations',
  pages: 'pages'
}

function isPermitted({method, path, token}: ServedRequest): boolean {
  const [, , , , kind = ''] = path.split('/')
  const access = permissionsOfToken(token)?.[RIGHTS[kind] ?? 'contents'] ?? 'none'
  return method === 'GET' ? access !== 'none' : access === 'write'
}
