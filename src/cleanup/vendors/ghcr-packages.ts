import {ReleaseError} from '../../errors.js'
import type {GithubAnswer, GithubApi} from '../../ports.js'
import {listAt, textAt} from '../../shared/json.js'
import type {PackagePattern} from './package-pattern.js'
import {REST} from '../../github/rest-paths.js'

const PER_PAGE = 100

/**
 * Finds the container packages of these patterns (REST API, "List packages for an organization" and "for a user",
 * 2026-11), by their whole names.
 * @throws ReleaseError RIGHT_MISSING where the token may not list packages; REGISTRY_FAILED for any other refusal;
 * INPUT_INVALID where a pattern finds none
 */
export async function findPackages(api: GithubApi, patterns: readonly PackagePattern[]): Promise<string[]> {
  const listed = new Map<string, readonly string[]>()
  for (const {owner} of patterns)
    if (!listed.has(owner.toLowerCase())) listed.set(owner.toLowerCase(), await listPackages(api, owner))
  const found = (pattern: PackagePattern): string[] =>
    (listed.get(pattern.owner.toLowerCase()) ?? [])
      .filter(name => pattern.matches(name.toLowerCase()))
      .map(name => `${pattern.registry}/${pattern.owner}/${name}`.toLowerCase())
  const left = new Set(patterns.filter(({isExclusion}) => isExclusion).flatMap(found))
  const chosen = patterns.filter(({isExclusion}) => !isExclusion)
  const none = chosen.filter(pattern => found(pattern).length === 0)
  if (none.length > 0)
    throw new ReleaseError(
      'INPUT_INVALID',
      `packages: none is named ${none.map(({text}) => text).join(', ')}`,
      {
        hint: 'The names are those of the page "Packages" of the owner. The token sees only what its user does.'
      }
    )
  return [...new Set(chosen.flatMap(found))].filter(name => !left.has(name))
}

async function listPackages(api: GithubApi, owner: string): Promise<string[]> {
  const ask = async (path: string): Promise<GithubAnswer> => await api({method: 'GET', path})
  const account = await ask(REST.account(owner))
  const isOrganisation = textAt(account.body, 'type') === 'Organization'
  const base = REST.packages({kind: isOrganisation ? 'organisation' : 'user', name: owner})
  const names: string[] = []
  for (let page = 1; ; page++) {
    const query = {package_type: 'container', per_page: PER_PAGE, page}
    const answer = await api({method: 'GET', path: base, query})
    const entries = listAt(expectList(answer, base), 'packages')
    names.push(...entries.map(entry => textAt(entry, 'name')).filter(name => name !== undefined))
    if (entries.length < PER_PAGE) return names
  }
}

/** GitHub lists packages to nobody but a person: an App and GITHUB_TOKEN get 403, or 400 without the scope. */
function expectList({status, body}: GithubAnswer, path: string): {readonly packages: readonly unknown[]} {
  if (status === 200 && Array.isArray(body)) return {packages: body}
  const message = `GET ${path}: ${status} ${textAt(body, 'message') ?? ''}`.trimEnd()
  if ([400, 401, 403, 404].includes(status))
    throw new ReleaseError('RIGHT_MISSING', message, {
      hint: 'Packages are listed for a classic personal access token with the scope read:packages alone: give it as github-token, or name each image in images.'
    })
  throw new ReleaseError('REGISTRY_FAILED', message, {hint: 'Nothing was deleted. Run this again.'})
}
