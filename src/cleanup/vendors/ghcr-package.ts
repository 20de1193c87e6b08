import {ReleaseError} from '../../errors.js'
import {type Repository, formatRepository} from '../../oci/reference.js'
import type {GithubAnswer, GithubApi} from '../../ports.js'
import {type GhcrSubject, refusalOf, rightMissing} from './ghcr-refusals.js'
import {textAt} from '../../shared/json.js'
import {type PackageOwner, REST} from '../../github/rest-paths.js'

/** What is needed to find a package of GitHub's container registry. */
export interface GhcrPackageParts {
  readonly github: GithubApi
  readonly repository: Repository
  /** `owner/name` of the repository that the run belongs to, for messages. */
  readonly runsIn?: string
  /**
   * Whether the registry itself has anything there for this login: tells a package that is not there from one that
   * the token may not see, for GitHub answers both with 404.
   */
  readonly isInRegistry: () => Promise<boolean>
}

/** A package as GitHub's API knows it. */
export interface GhcrPackage {
  /** The path that its versions stand below. */
  readonly path: string
  readonly subject: GhcrSubject
}

/**
 * Finds the package of a repository: which kind of account its owner is, and which path leads to it.
 * @returns undefined where there is no such package
 * @throws ReleaseError RIGHT_MISSING, CREDENTIALS_INVALID, REFERENCE_INVALID
 */
export async function findGhcrPackage(parts: GhcrPackageParts): Promise<GhcrPackage | undefined> {
  const {github, repository} = parts
  const [owner = '', ...rest] = repository.name.split('/')
  const account = await readAccount(github, {
    image: formatRepository(repository),
    owner,
    runsIn: parts.runsIn
  })
  for (const place of account.owners) {
    const path = REST.containerPackage(place, rest.join('/'))
    const answer = await github({method: 'GET', path})
    const found = packageIn(answer, path, account.subject)
    if (found !== undefined) return found
    if (![200, 404].includes(answer.status)) throw refusalOf({method: 'GET', path}, answer, account.subject)
  }
  if (await parts.isInRegistry()) throw rightMissing({...account.subject, isHidden: true})
  return undefined
}

/**
 * What a user owns is found by that user's own token below `/user`, private packages only there (REST API, packages,
 * 2026-11); every other token finds it below `/users`. Only classic tokens are a user's.
 */
async function readAccount(
  github: GithubApi,
  subject: GhcrSubject
): Promise<{owners: readonly PackageOwner[]; subject: GhcrSubject}> {
  const request = {method: 'GET', path: REST.account(subject.owner)} as const
  const answer = await github(request)
  if (answer.status === 404)
    throw new ReleaseError(
      'REFERENCE_INVALID',
      `${subject.image}: GitHub knows no account ${subject.owner}`,
      {
        hint: 'Images on GitHub are named ghcr.io/OWNER/NAME, by the user or organisation that owns the package.'
      }
    )
  if (answer.status !== 200) throw refusalOf(request, answer, subject)
  const scopes = scopesIn(answer.headers)
  const name = subject.owner
  const isOrganisation = textAt(answer.body, 'type') === 'Organization'
  const ofToken: readonly PackageOwner[] = scopes === undefined ? [] : [{kind: 'token'}]
  const owners: readonly PackageOwner[] = isOrganisation
    ? [{kind: 'organisation', name}]
    : [...ofToken, {kind: 'user', name}]
  return {owners, subject: {...subject, scopes}}
}

function packageIn(answer: GithubAnswer, path: string, subject: GhcrSubject): GhcrPackage | undefined {
  const {status, body} = answer
  if (status !== 200) return undefined
  const owner = textAt(body, 'owner', 'login') ?? subject.owner
  if (owner.toLowerCase() !== subject.owner.toLowerCase()) return undefined
  const linkedTo = textAt(body, 'repository', 'full_name')
  return {
    path,
    subject: {...subject, page: textAt(body, 'html_url'), linkedTo, isLinked: linkedTo !== undefined}
  }
}

/** Only classic personal access tokens have scopes, and answers name them (REST API, "Scopes for OAuth apps"). */
function scopesIn(headers: GithubAnswer['headers']): readonly string[] | undefined {
  return headers['x-oauth-scopes']?.split(',').map(scope => scope.trim())
}
