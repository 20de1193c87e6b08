import {InputError} from '../../errors.js'
import {type NotesPlace, type ReleaseCreation, previewNotes, putNotes} from './github-release.js'
import type {Ports} from '../../ports.js'
import {readVariantTag} from '../manifests/tag-variant.js'
import {parseReference} from '../../oci/reference.js'
import type {ReleaseDocument} from '../../contracts/release-document.js'
import type {Markdown} from '../../shared/markdown.js'
import type {WorkflowRun} from '../../contracts/workflow-run.js'
import {parseGithubRepository} from '../../github/github-inputs.js'

/** Where notes are to go, as the inputs say. */
export interface NotesOptions {
  readonly 'write-to': 'github-release' | 'file'
  readonly 'git-tag': string | undefined
  readonly section: string | undefined
  readonly 'create-release': ReleaseCreation
  readonly 'github-repository': string | undefined
  readonly 'github-token': string | undefined
  readonly 'dry-run': boolean
  readonly release: ReleaseDocument
}

/** Writes notes to the release on GitHub, where they are to go there. */
export async function writeNotes(
  texts: readonly Markdown[],
  given: NotesOptions,
  {
    run,
    ports,
    revision
  }: {
    readonly run: WorkflowRun | undefined
    readonly ports: Ports
    /** The commit that the images name. */
    readonly revision: string | undefined
  }
): Promise<{url: string; change: string}> {
  if (given['write-to'] === 'file' || run === undefined) return {url: '', change: 'none'}
  const place = placeOf(given, run, revision)
  const content = {section: given.section ?? '', texts}
  const api = ports.github(given['github-token'])
  const {clock, signal, reporter} = ports
  const isDry = given['dry-run']
  const {url, change} = isDry
    ? await previewNotes(place, content, {api})
    : await putNotes(place, content, {api, clock, signal})
  reporter.info(
    `${place.repository} ${place.gitTag}: ${wordFor(change, isDry)}${url === '' ? '' : `, ${url}`}`
  )
  return {url, change}
}

function wordFor(change: 'none' | 'changed' | 'created', isDry: boolean): string {
  if (change === 'none') return 'the notes are as they should be'
  if (change === 'created') return isDry ? 'the release would be made' : 'the release is made'
  return isDry ? 'the notes would change' : 'the notes are written'
}

/** @throws InputError with what neither the inputs nor the run say */
function placeOf(given: NotesOptions, run: WorkflowRun, revision: string | undefined): NotesPlace {
  const gitTag = given['git-tag'] ?? /^refs\/tags\/(.+)$/.exec(run.ref)?.[1]
  const repository = given['github-repository'] ?? run.source.fullName
  if (gitTag === undefined)
    throw new InputError([
      {input: 'git-tag', message: `is required: this run is of ${run.ref}, which is no Git tag`}
    ])
  return {
    repository: parseGithubRepository(repository),
    gitTag,
    create: given['create-release'],
    isPrerelease: run.prerelease ?? isPrerelease(gitTag),
    latest: latestOf(given.release),
    // Where releases are kept in a repository of their own, its commits are others.
    ...(repository === run.source.fullName ? {commit: revision ?? run.sha} : {})
  }
}

/** Whatever stands before the version: app-v1.2.3-rc.1, app/v1.2.3-rc.1, app@1.2.3-rc.1. */
function isPrerelease(gitTag: string): boolean {
  return readVariantTag(gitTag.replace(/^.*[/@]/s, ''))?.version.isPrerelease ?? false
}

/** What happened to the tag `latest` of the images: a hotfix of an old line leaves both where they are. */
function latestOf({targets}: ReleaseDocument): NotesPlace['latest'] {
  const states = targets.flatMap(({tags}) =>
    tags.flatMap(({reference, state}) => (parseReference(reference).tag === 'latest' ? [state] : []))
  )
  if (states.length === 0) return 'legacy'
  return String(states.some(state => state !== 'kept')) as 'true' | 'false'
}
