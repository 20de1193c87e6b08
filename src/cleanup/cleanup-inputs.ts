import {BACKENDS} from './vendors/backend-choice.js'
import {
  type Input,
  InputFaults,
  choice,
  count,
  duration,
  flag,
  json,
  lines,
  list,
  parseDuration,
  parsed,
  patterns
} from '../command/input.js'
import {ReleaseError} from '../errors.js'
import {type Reference, parseReference} from '../oci/reference.js'
import {type ExpectedPlan, readStampedHash} from './policy/plan-hash.js'
import {parsePackagePattern} from './vendors/package-pattern.js'
import {parseDeployedEntry} from './policy/deployed.js'
import type {NewestRule} from './policy/policy.js'
import {parseNamePattern, parseNumberedPattern, parseTagPattern} from '../patterns/tag-pattern.js'
import {
  parseDeletionRule,
  parseKeptCount,
  parseKeptSelector,
  parseNewestRule,
  parseSize
} from './cleanup-rules.js'
import {parseJournals} from './needed-journals.js'
import {githubRepository, githubToken} from '../github/github-inputs.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {config, dryRun, images, minAge, releaseInput} from '../command/shared-inputs.js'

const PATTERNS = 'Names of tags, glob:PATTERN or regex:PATTERN, separated by line breaks or commas.'

/** What is cleaned, how, and what of it never goes. */
export const cleanupInputs = {
  release: releaseInput,
  images,
  packages: list(
    {
      summary:
        'Packages of GitHub by pattern, beside images: ghcr.io/OWNER/NAME with * for anything, such as ghcr.io/org/team-*; one that starts with ! is left out. Needs a classic personal access token with read:packages as github-token.',
      placeholder: 'PATTERN'
    },
    parsePackagePattern
  ),
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
  'keep-newest': newestRules({
    summary:
      'How many of the newest images with a tag stay; older ones go with their tags. COUNT for all images, COUNT of PATTERN for those with such a tag, which the other count then leaves out; "older than TIME" may follow. Images that keep-tags or keep-images names, and younger ones, are not counted.'
  }),
  'keep-tags': patterns(
    {
      summary: `Tags that stay with all they reach, whatever else is said. ${PATTERNS} A digest is taken, too.`
    },
    parseKeptSelector
  ),
  'keep-images': patterns(
    {
      summary: `Images that stay with all their tags and all they reach, whatever else is said: those with such a tag. ${PATTERNS} A digest is taken, too.`
    },
    parseKeptSelector
  ),
  'delete-tags': patterns(
    {
      summary: `Tags that go. ${PATTERNS} A digest is taken, too; "older than TIME" may follow each. A pattern never chooses latest nor the newest version; they go where they are named exactly.`
    },
    parseDeletionRule
  ),
  'whole-images': flag({
    summary:
      'A tag that goes takes all other tags of its image along. If one of those is kept by keep-tags, keep-images or a number to keep, all of them stay.'
  }),
  'older-than': duration({
    summary:
      'How old must be what delete-tags, keep-newest, untagged, orphans, orphaned-referrers, ghost-images and partial-images choose, if nothing else is said there.',
    default: '0'
  }),
  untagged: flag({
    summary:
      'Delete what has no tag and is no part of anything that stays. Registries that list tags only show no such thing but what the release superseded.'
  }),
  'untagged-age': age('How old must be what untagged and keep-newest-untagged choose.'),
  'keep-newest-untagged': parsed(
    {
      summary:
        'How many of the newest images without a tag stay; older ones go. Platforms and signatures are not counted, but go and stay with their image.',
      placeholder: 'N'
    },
    parseKeptCount
  ),
  orphans: flag({
    summary:
      'Delete signatures and attestations whose image is gone, and platforms that no index names any more; these only where keep-newest-untagged does not count them.'
  }),
  'orphaned-referrers': flag({
    summary: 'Delete signatures and attestations whose image is gone, and nothing else of what orphans does.'
  }),
  'orphans-age': age('How old must be what orphans and orphaned-referrers choose.'),
  'ghost-images': flag({
    summary: 'Delete indexes none of whose platforms is there, and what is listed but not there.'
  }),
  'partial-images': flag({summary: 'Delete indexes some of whose platforms are not there.'}),
  'pull-request-tags': list(
    {
      summary: 'Tags of pull requests, such as pr-{number}; those go whose pull request is closed.',
      placeholder: 'TAG'
    },
    parseNumberedPattern
  ),
  'development-tags': patterns({summary: `Tags that go by their age. ${PATTERNS}`}, parseTagPattern),
  'development-age': duration({summary: 'The age at which development-tags go.', default: '30d'}),
  'cache-tags': patterns({summary: `Tags under which builds keep their cache. ${PATTERNS}`}, parseTagPattern),
  'actions-caches': patterns(
    {
      summary:
        'Keys of caches of GitHub Actions in the repository of the source, by the same patterns, such as glob:buildkit-*.'
    },
    parseNamePattern
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
  'keep-deployed': lines(
    {
      summary:
        'What is deployed and stays with all it reaches, whatever else is said, one a line: files or folders, such as deploy or apps/*/values.yaml, in which every digest and every tag that appears there as a word is kept; or text with digests in it, such as REPOSITORY@DIGEST and the output deployments of update-manifests.',
      placeholder: 'FILE|IMAGE'
    },
    parseDeployedEntry
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
  'allow-deletion': flag({
    summary:
      'Delete what was chosen. Until this is said, or a plan is approved by expected-plan, or somebody answers yes at a terminal, nothing is deleted, and what would go is shown.'
  }),
  validate: flag({
    summary:
      'Only read every tag through all its platforms, and fail where one of them is not there. Nothing is deleted.'
  }),
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
  strict: flag({
    summary:
      'Fail, and delete nothing, where a pattern or digest that was given matches nothing: it may be misspelt.'
  }),
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

/** An age that another input stands in for. */
function age(summary: string): Input<number | undefined> {
  return parsed({summary: `${summary} By default as older-than says.`, placeholder: 'TIME'}, parseDuration)
}

function newestRules(options: {readonly summary: string}): Input<readonly NewestRule[]> {
  const input = patterns({...options, placeholder: 'COUNT'}, parseNewestRule)
  const parse = (text: string): readonly NewestRule[] => {
    const rules = input.parse(text)
    const general = rules.filter(({pattern}) => pattern === undefined)
    if (general.length < 2) return rules
    throw new InputFaults([`${general.map(rule => rule.text).join(' and ')} are both about all images`])
  }
  return {...input, parse}
}

function parseDigestReference(text: string): Required<Pick<Reference, 'repository' | 'digest'>> {
  // The name alone: capitals in a digest are a fault.
  const {repository, digest} = parseReference(text.replace(/^[^@]*/, name => name.toLowerCase()))
  if (digest !== undefined) return {repository, digest}
  throw new ReleaseError(
    'REFERENCE_INVALID',
    `${JSON.stringify(text)} names no digest; write REPOSITORY@sha256:…`
  )
}

function parseHash(text: string): ExpectedPlan {
  const expected = readStampedHash(text)
  if (expected !== undefined) return expected
  throw new InputFaults([`${JSON.stringify(text)} is not the plan-hash of a dry run: 64 hex digits`])
}
