import {ReleaseError} from '../../errors.js'
import type {Clock, GithubApi, GithubRequest} from '../../ports.js'
import type {Markdown} from '../../shared/markdown.js'
import {firstThatFits} from './notes-body.js'
import {MAX_RELEASE_BODY, putSection, sectionIn} from './notes-section.js'
import {askGithub, errorsIn, fieldOf, githubRefusal, answerText} from '../../github/github-answer.js'
import {REST} from '../../github/rest-paths.js'

/** What becomes of a release that nobody has made yet. */
export type ReleaseCreation = 'never' | 'draft' | 'published'

/** Where notes go: the release of a Git tag. */
export interface NotesPlace {
  /** `owner/name` */
  readonly repository: string
  readonly gitTag: string
  readonly create: ReleaseCreation
  readonly isPrerelease: boolean
  /** Whether it is GitHub's «Latest»; `legacy` lets GitHub decide by version and date. */
  readonly latest: 'true' | 'false' | 'legacy'
  /** The commit that was released, where the Git tag has to be at it. */
  readonly commit?: string | undefined
}

/** What is put there: the section's name, and its content in every length, the longest first. */
export interface NotesContent {
  readonly section: string
  readonly texts: readonly Markdown[]
}

/** What the writing of notes needs of the world. */
export interface NotesPorts {
  readonly api: GithubApi
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** What became of the notes. */
export interface NotesChange {
  /** The page of the release; '' where a dry run would make it. */
  readonly url: string
  readonly change: 'none' | 'changed' | 'created'
}

/** A release as GitHub has it. */
interface GithubRelease {
  readonly id: number
  readonly url: string
  readonly body: string
}

const RIGHT = 'contents: write'
/** Drafts are in no list by tag: they are looked for among the newest releases. */
const DRAFT_PAGES = 3
const PAGE = 100
/** How often a section is put back that another writer lost. */
const ROUNDS = 6
/** GitHub offers no compare-and-swap: a writer that read before us has written by then (measured in tenths of it). */
const SETTLING = 1500

/**
 * Puts a section into the body of a release, whoever made that. What others write is kept: the body is read right
 * before it is written, and read again a moment later, for one who read it before us may have written after us.
 * @throws ReleaseError GITHUB_RELEASE_MISSING; NOTES_INVALID where there is no room; GITHUB_FAILED
 */
export async function putNotes(
  place: NotesPlace,
  content: NotesContent,
  ports: NotesPorts
): Promise<NotesChange> {
  let change: NotesChange['change'] = 'none'
  for (let round = 0; round <= ROUNDS; round++) {
    const found = await findRelease(place, ports.api)
    if (found === undefined) {
      assertCreation(place)
      await assertGitTag(place, ports.api)
      await createRelease(place, content, ports.api)
      change = 'created'
    } else {
      const body = bodyWith(found.body, content)
      const isThere = round > 0 && sectionIn(body, content.section) === sectionIn(found.body, content.section)
      if (body === found.body || isThere) return {url: found.url, change}
      await replaceBody(place, found, {body, api: ports.api})
      if (change === 'none') change = 'changed'
    }
    await ports.clock.sleep(SETTLING * (1 + Math.random()), ports.signal)
  }
  throw new ReleaseError(
    'GITHUB_FAILED',
    `the notes of ${place.gitTag} in ${place.repository} do not keep what is written there`,
    {hint: 'Another job writes the whole notes again and again. Run this after it.'}
  )
}

/** What would become of the notes. @throws as putNotes, but for what only a writer meets */
export async function previewNotes(
  place: NotesPlace,
  content: NotesContent,
  {api}: Pick<NotesPorts, 'api'>
): Promise<NotesChange> {
  const found = await findRelease(place, api)
  if (found !== undefined)
    return {url: found.url, change: bodyWith(found.body, content) === found.body ? 'none' : 'changed'}
  assertCreation(place)
  await assertGitTag(place, api)
  return {url: '', change: 'created'}
}

function bodyWith(body: string, {section, texts}: NotesContent): string {
  const text = firstThatFits(texts, one => putSection(body, section, one))
  if (text !== undefined) return putSection(body, section, text)
  throw new ReleaseError(
    'NOTES_INVALID',
    `the notes have ${body.length} characters, and GitHub takes ${MAX_RELEASE_BODY}: there is no room for the images`,
    {hint: 'Shorten the notes, or keep the images in a file only: --write-to file.'}
  )
}

async function findRelease(place: NotesPlace, api: GithubApi): Promise<GithubRelease | undefined> {
  const {repository, gitTag} = place
  const answer = await askGithub(
    api,
    {method: 'GET', path: REST.releaseOfTag(repository, gitTag)},
    {expect: [200, 404], right: 'contents: read'}
  )
  return answer.status === 200 ? releaseIn(answer.body) : await findDraft(place, api)
}

async function findDraft(
  {repository, gitTag}: NotesPlace,
  api: GithubApi
): Promise<GithubRelease | undefined> {
  for (let page = 1; page <= DRAFT_PAGES; page++) {
    const {body} = await askGithub(
      api,
      {method: 'GET', path: REST.releases(repository), query: {per_page: PAGE, page}},
      {expect: [200], right: RIGHT}
    )
    const releases: readonly unknown[] = Array.isArray(body) ? body : []
    const draft = releases.find(one => answerText(one, 'tag_name') === gitTag)
    if (draft !== undefined) return releaseIn(draft)
    if (releases.length < PAGE) return undefined
  }
  return undefined
}

/** Two services may both find no release: the second is told that there is one, and reads it. */
async function createRelease(place: NotesPlace, content: NotesContent, api: GithubApi): Promise<void> {
  const {repository, gitTag, create, isPrerelease, latest} = place
  const request: GithubRequest = {
    method: 'POST',
    path: REST.releases(repository),
    body: {
      tag_name: gitTag,
      name: gitTag,
      body: bodyWith('', content),
      draft: create === 'draft',
      prerelease: isPrerelease,
      // "Drafts and prereleases cannot be set as latest" (docs.github.com, REST API, "Create a release").
      ...(create === 'draft' ? {} : {make_latest: isPrerelease ? 'false' : latest})
    }
  }
  const answer = await askGithub(api, request, {expect: [201, 422], right: RIGHT})
  const isMade = answer.status === 201 || errorsIn(answer.body).some(error => /already_exists/.test(error))
  if (!isMade) throw githubRefusal(request, answer, RIGHT)
}

/**
 * GitHub makes a tag that is not there, at the head of the default branch.
 * @throws ReleaseError GITHUB_RELEASE_MISSING where the Git tag is not there, or at another commit than what was released
 */
async function assertGitTag({repository, gitTag, commit}: NotesPlace, api: GithubApi): Promise<void> {
  const found = await commitOfTag(repository, gitTag, api)
  if (found === undefined)
    throw new ReleaseError('GITHUB_RELEASE_MISSING', `${repository} has no Git tag ${gitTag}`, {
      hint: 'GitHub would make one at the head of the default branch. Push the tag first, or name another: --git-tag TAG.'
    })
  if (commit === undefined || found === commit) return
  throw new ReleaseError(
    'GITHUB_RELEASE_MISSING',
    `the Git tag ${gitTag} of ${repository} is at ${found}, and what was released is of ${commit}`,
    {hint: 'Name the Git tag of that commit: --git-tag TAG.'}
  )
}

/** An annotated tag is an object of its own, which leads to the commit. */
async function commitOfTag(repository: string, gitTag: string, api: GithubApi): Promise<string | undefined> {
  const {status, body} = await askGithub(
    api,
    {method: 'GET', path: REST.gitRef(repository, `tags/${gitTag}`)},
    {expect: [200, 404], right: 'contents: read'}
  )
  if (status === 404) return undefined
  let object = fieldOf(body, 'object')
  while (answerText(object, 'type') === 'tag') {
    const path = REST.gitTag(repository, answerText(object, 'sha'))
    const answer = await askGithub(api, {method: 'GET', path}, {expect: [200], right: 'contents: read'})
    object = fieldOf(answer.body, 'object')
  }
  return answerText(object, 'sha')
}

/** @throws ReleaseError GITHUB_RELEASE_MISSING where none is to be made */
function assertCreation({repository, gitTag, create}: NotesPlace): void {
  if (create !== 'never') return
  throw new ReleaseError(
    'GITHUB_RELEASE_MISSING',
    `${repository} has no release of the Git tag ${gitTag}, nor a draft of one that this token may see`,
    {
      hint: 'Run this after what makes the release, such as semantic-release or release-please; or ask for one: --create-release published.'
    }
  )
}

/** A server that fails in passing may have written all the same: what is there is read again either way. */
async function replaceBody(
  {repository}: NotesPlace,
  {id}: GithubRelease,
  {body, api}: {readonly body: string; readonly api: GithubApi}
): Promise<void> {
  await askGithub(
    api,
    {method: 'PATCH', path: REST.release(repository, id), body: {body}},
    {expect: [200, 500, 502, 503, 504], right: RIGHT}
  )
}

function releaseIn(document: unknown): GithubRelease {
  const id = fieldOf(document, 'id')
  if (typeof id !== 'number')
    throw new ReleaseError('GITHUB_FAILED', 'GitHub answered with a release that has no id')
  return {id, url: answerText(document, 'html_url'), body: answerText(document, 'body')}
}
