import {RegistryError, ReleaseError} from '../../errors.js'
import type {GithubAnswer, GithubRequest} from '../../ports.js'
import {textAt} from '../../shared/json.js'

/** What is known of a package and of who asks, to say why something is refused. */
export interface GhcrSubject {
  /** `ghcr.io/owner/name` */
  readonly image: string
  readonly owner: string
  /** `owner/name` of the repository that the run belongs to. */
  readonly runsIn?: string | undefined
  /** The package's page. */
  readonly page?: string | undefined
  /** `owner/name` of the repository that the package is linked to. */
  readonly linkedTo?: string | undefined
  /** Undefined where the package could not be read. */
  readonly isLinked?: boolean
  /** The scopes of a classic personal access token; undefined for every other token. */
  readonly scopes?: readonly string[] | undefined
  /** The registry has it, and the API says that it is not there. */
  readonly isHidden?: boolean
}

/** One reason for a refusal, by which it is told from the others. */
interface Reason {
  readonly holds: (message: string, subject: GhcrSubject) => boolean
  readonly says: (subject: GhcrSubject, message: string) => string
  readonly hint: (subject: GhcrSubject) => string
}

const CLASSIC =
  'Use a classic personal access token with the scopes read:packages and delete:packages, or GITHUB_TOKEN with the permission packages: write.'
const SCOPE = /at least (?:the )?([\w:]+) scope/i

/** The first that holds is the one. */
const REASONS: readonly Reason[] = [
  {
    holds: message => SCOPE.test(message),
    says: (_, message) => `the token lacks the scope ${SCOPE.exec(message)?.[1]}`,
    hint: () => CLASSIC
  },
  {
    holds: message => /not accessible by personal access token/i.test(message),
    says: () => "GitHub's packages do not take fine-grained personal access tokens",
    hint: () => CLASSIC
  },
  {
    holds: (_, subject) => isOfAnotherOwner(subject) && subject.scopes === undefined,
    says: ({owner, runsIn}) => `the package belongs to ${owner}, and this run to ${ownerOf(runsIn)}`,
    hint: ({owner}) =>
      `GITHUB_TOKEN deletes only packages of its own repository's owner: use a classic personal access token of somebody with the role Admin on the package of ${owner}.`
  },
  {
    holds: (_, {isLinked, scopes}) => isLinked === false && scopes === undefined,
    says: () => 'the package is not linked to a repository, so that no run has rights on it',
    hint: subject =>
      `At ${settingsOf(subject)} choose "Connect repository"${repositoryIn(subject)}, then give it the role Admin under "Manage Actions access".`
  },
  {
    holds: (_, {linkedTo, runsIn, scopes}) =>
      linkedTo !== undefined && runsIn !== undefined && scopes === undefined && !isSame(linkedTo, runsIn),
    says: ({linkedTo, runsIn}) =>
      `the package is linked to ${linkedTo}, and ${runsIn} has no role Admin on it`,
    hint: subject =>
      `At ${settingsOf(subject)} add ${subject.runsIn} under "Manage Actions access" with the role Admin.`
  },
  {
    holds: (_, {isHidden, scopes}) => isHidden === true && scopes === undefined,
    says: () => 'the registry has it, and the API does not show it to this token',
    hint: subject =>
      `Give the job the permission packages: write, and at ${settingsOf(subject)} the repository${repositoryIn(subject)} the role Admin under "Manage Actions access".`
  },
  {
    holds: (_, {scopes}) => scopes === undefined,
    says: () => 'the token has no role Admin on the package',
    hint: subject =>
      `Give the job the permission packages: write, and at ${settingsOf(subject)} the repository${repositoryIn(subject)} the role Admin under "Manage Actions access".`
  }
]

/** Where nothing else is known: a person, by a classic token. */
const NO_ADMIN: Reason = {
  holds: () => true,
  says: () => "the token's user has no role Admin on the package",
  hint: subject => `At ${settingsOf(subject)} give the user the role Admin under "Manage access".`
}

/** What GitHub never deletes, whoever asks; the message is its own. */
const UNDELETABLE: readonly {readonly text: RegExp; readonly reason: string; readonly hint: string}[] = [
  {
    text: /more than 5[,.]?000 downloads/i,
    reason: 'it has more than 5,000 downloads, and the package is public',
    hint: 'GitHub deletes it only for its support; a package that is made private first loses this limit.'
  },
  {
    text: /last tagged version/i,
    reason: 'it is the last tagged version of the package',
    hint: 'Tag another version first, or delete the whole package.'
  },
  {
    text: /last version/i,
    reason: 'it is the last version of the package',
    hint: 'Publish another version first, or delete the whole package.'
  }
]

/** Statuses by which one version is refused, and not the right to delete any. */
const REFUSING_ONE = new Set([400, 409, 412, 422, 423])

/**
 * Why GitHub does not delete a version: for nobody, or for a reason of this one that it gives in its own words. Undefined
 * where that is not what the answer says.
 */
export function undeletableReason({
  status,
  body
}: GithubAnswer): {reason: string; hint?: string; isForNobody?: true} | undefined {
  const message = textAt(body, 'message') ?? ''
  const found = UNDELETABLE.find(({text}) => text.test(message))
  if (found !== undefined && (status === 403 || REFUSING_ONE.has(status)))
    return {reason: found.reason, hint: found.hint, isForNobody: true}
  return REFUSING_ONE.has(status) ? {reason: `GitHub answered ${status}: ${message}`} : undefined
}

/**
 * The error for an answer that is none of those that were hoped for: a token that is not taken, or may not do what was
 * asked; else what GitHub said. A 404 is taken for a missing right: whoever calls knows that the thing is there.
 */
export function refusalOf(request: GithubRequest, answer: GithubAnswer, subject: GhcrSubject): ReleaseError {
  const {status, body} = answer
  const message = textAt(body, 'message') ?? ''
  if (status === 401) return notTaken(subject, message)
  if ((status === 403 || status === 404) && !isLimit(answer)) return rightMissing(subject, message)
  return failureOf(request, status, message)
}

function notTaken({image}: GhcrSubject, message: string): ReleaseError {
  return new ReleaseError(
    'CREDENTIALS_INVALID',
    `${image}: GitHub's API does not take the token: ${message}`,
    {
      hint: 'It may have expired or been revoked: give another by the input github-token.'
    }
  )
}

/** The error for a classic token that cannot delete, by its scopes alone; undefined where they do not say so. */
export function scopeMissing({scopes}: GhcrSubject): {reason: string; hint: string} | undefined {
  if (scopes?.includes('delete:packages') !== false) return undefined
  return {reason: 'the token lacks the scope delete:packages', hint: CLASSIC}
}

function isLimit({headers, body}: GithubAnswer): boolean {
  const isUsedUp = headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0'
  return isUsedUp || /rate limit/i.test(textAt(body, 'message') ?? '')
}

/** The error for a right that is known to be missing. */
export function rightMissing(subject: GhcrSubject, message = ''): ReleaseError {
  const reason = REASONS.find(({holds}) => holds(message, subject)) ?? NO_ADMIN
  return new ReleaseError('RIGHT_MISSING', `${subject.image}: ${reason.says(subject, message)}`, {
    hint: reason.hint(subject)
  })
}

function failureOf({method, path}: GithubRequest, status: number, message: string): RegistryError {
  const text = message === '' ? '' : `: ${message}`
  return new RegistryError(`${method} ${path} at GitHub's API: ${status}${text}`, {
    method,
    url: path,
    status,
    entries: [{code: '', message}]
  })
}

function isOfAnotherOwner({owner, runsIn}: GhcrSubject): boolean {
  return runsIn?.includes('/') === true && !isSame(ownerOf(runsIn), owner)
}

function ownerOf(fullName = ''): string {
  return fullName.split('/')[0] ?? ''
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function repositoryIn({runsIn}: GhcrSubject): string {
  return runsIn === undefined ? '' : ` ${runsIn}`
}

/** `https://github.com/orgs/o/packages/container/package/n` is a package's page; its settings stand beside it. */
function settingsOf({page, image}: GhcrSubject): string {
  return page === undefined
    ? `the settings of the package ${image}`
    : `${page.replace('/packages/container/package/', '/packages/container/')}/settings`
}
