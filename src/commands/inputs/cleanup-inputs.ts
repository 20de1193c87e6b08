import {BACKENDS} from '../../cleanup/backend-choice.js'
import {InputFaults, choice, count, duration, flag, json, lines, list, parsed} from '../../inputs/input.js'
import {ReleaseError, messageOf} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import {type Reference, parseReference} from '../../oci/reference.js'
import {type JournalDocument, parseJournal} from '../../plan/journal-document.js'
import {type ExpectedPlan, readStampedHash} from '../../retention/plan-hash.js'
import {parseNumberedPattern, parseTagPattern} from '../../retention/tag-pattern.js'
import {githubRepository, githubToken} from './github-inputs.js'
import {insecure, registryCredentials} from './registry-inputs.js'
import {config, dryRun, images, minAge, release} from './shared-inputs.js'

const PATTERNS = 'One a line: the name of a tag, glob:PATTERN or regex:PATTERN.'

/** What is cleaned, how, and what of it never goes. */
export const cleanupInputs = {
  release,
  images,
  superseded: list(
    {
      summary: 'What a tag pointed at before, as merge-manifest gave it out; for use without a release.',
      placeholder: 'REPOSITORY@DIGEST'
    },
    parseDigestReference
  ),
  'keep-versions': count({
    summary:
      'How many of the newest versions (X.Y.Z) of each variant keep their tags; older ones go, with the aliases that point at them. 0 keeps all.',
    min: 0,
    max: 100_000,
    default: '0'
  }),
  'keep-patches': count({
    summary:
      'How many of the newest versions of each line X.Y keep their tags. With keep-versions, a version stays that either keeps. 0 keeps all.',
    min: 0,
    max: 100_000,
    default: '0'
  }),
  'superseded-prereleases': flag({summary: 'Delete the tags of pre-releases whose release is there.'}),
  'keep-tags': lines(
    {
      summary: `Tags that stay with all they reach, whatever else is said. ${PATTERNS}`,
      placeholder: 'PATTERN'
    },
    parseTagPattern
  ),
  'delete-tags': lines(
    {
      summary: `Tags that go. ${PATTERNS} A pattern never chooses latest nor the newest version; latest goes where it is named as such.`,
      placeholder: 'PATTERN'
    },
    parseTagPattern
  ),
  'older-than': duration({
    summary: 'How old must be what delete-tags, untagged and orphans choose.',
    default: '0'
  }),
  untagged: flag({
    summary:
      'Delete what has no tag and is no part of anything that stays. Registries that list tags only show no such thing but what the release superseded.'
  }),
  orphans: flag({
    summary:
      'Delete signatures and attestations whose image is gone, and platforms that no index names any more.'
  }),
  'pull-request-tags': list(
    {
      summary: 'Tags of pull requests, such as pr-{number}; those go whose pull request is closed.',
      placeholder: 'TAG'
    },
    parseNumberedPattern
  ),
  'development-tags': lines(
    {summary: `Tags that go by their age. ${PATTERNS}`, placeholder: 'PATTERN'},
    parseTagPattern
  ),
  'development-age': duration({summary: 'The age at which development-tags go.', default: '30d'}),
  'cache-tags': lines(
    {summary: `Tags under which builds keep their cache. ${PATTERNS}`, placeholder: 'PATTERN'},
    parseTagPattern
  ),
  'actions-caches': lines(
    {
      summary:
        'Keys of caches of GitHub Actions in the repository of the source, by the same patterns, such as glob:buildkit-*.',
      placeholder: 'PATTERN'
    },
    parseTagPattern
  ),
  'cache-age': duration({summary: 'The age at which cache-tags and actions-caches go.', default: '14d'}),
  'cache-size': parsed(
    {
      summary:
        'What all of cache-tags of a repository, and all of actions-caches, may have; the newest stay.',
      placeholder: 'SIZE'
    },
    parseSize
  ),
  journal: json(
    {
      summary:
        'The journal of a release, or a list of journals: what they need to put tags back is not deleted. JSON, or a file that holds it.',
      placeholder: 'JSON|FILE'
    },
    parseJournals
  ),
  'min-age': minAge,
  'max-delete': count({
    summary: 'How many manifests may go in one run, from all repositories; 0 for any number.',
    min: 0,
    max: 10_000_000,
    default: '0'
  }),
  'max-share': count({
    summary: 'How many percent of a repository may go in one run, where that is more than 50 manifests.',
    min: 1,
    max: 100,
    default: '90'
  }),
  force: flag({summary: 'Delete more than max-delete and max-share allow.'}),
  'expected-plan': parsed(
    {
      summary:
        'The plan-hash of a dry run: nothing is deleted unless exactly the same would go, by the ages of then. For an approval between the two.',
      placeholder: 'HASH'
    },
    parseHash
  ),
  restore: list(
    {
      summary: 'Bring these back instead of deleting anything, where the host can: GHCR does for 30 days.',
      placeholder: 'REPOSITORY@DIGEST'
    },
    parseDigestReference
  ),
  backend: choice(['auto', ...BACKENDS], {
    summary:
      'What lists and deletes: the API of GitHub packages, of Docker Hub, or that of the registry itself; auto goes by the host.',
    default: 'auto'
  }),
  'github-token': githubToken,
  'github-repository': githubRepository,
  insecure,
  config,
  'registry-credentials': registryCredentials,
  'dry-run': dryRun
}

function parseDigestReference(text: string): Required<Pick<Reference, 'repository' | 'digest'>> {
  const {repository, digest} = parseReference(text)
  if (digest !== undefined) return {repository, digest}
  throw new ReleaseError(
    'REFERENCE_INVALID',
    `${JSON.stringify(text)} names no digest; write REPOSITORY@sha256:…`
  )
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  T: 1000 ** 4,
  KI: 1024,
  MI: 1024 ** 2,
  GI: 1024 ** 3,
  TI: 1024 ** 4
}

/** Bytes. */
function parseSize(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?)B?$/i.exec(text) ?? []
  const factor = UNITS[unit.toUpperCase()]
  if (number !== '' && factor !== undefined) return Math.floor(Number(number) * factor)
  throw new InputFaults([`${JSON.stringify(text)} is not a size such as 500MB or 10GiB`])
}

function parseHash(text: string): ExpectedPlan {
  const expected = readStampedHash(text)
  if (expected !== undefined) return expected
  throw new InputFaults([`${JSON.stringify(text)} is not the plan-hash of a dry run: 64 hex digits`])
}

/** One journal, or a list of them. */
function parseJournals(text: string): readonly JournalDocument[] {
  if (!text.trimStart().startsWith('[')) return [parseJournal(text)]
  return documentsIn(text).map(entry => parseJournal(JSON.stringify(entry)))
}

function documentsIn(text: string): unknown[] {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list : [list]
  } catch (cause) {
    throw new ReleaseError('PLAN_INVALID', `not a list of journals: ${messageOf(cause)}`, {cause})
  }
}

/** What a journal needs in a repository to put its tags back, and what they were moved to. */
export function journalDigests(journals: readonly JournalDocument[], image: string): Digest[] {
  return journals
    .flatMap(({tags}) => tags)
    .filter(({reference}) => reference.startsWith(`${image}:`))
    .flatMap(({before, after}) => (before === undefined ? [after.digest] : [before.digest, after.digest]))
}
