import {InputError, ReleaseError} from '../errors.js'
import {type InputValues, flag, json, parsed} from '../command/input.js'
import {parseReference, parseTag} from '../oci/reference.js'
import {parseRelease} from '../contracts/release-document.js'
import {type JournalDocument, parseJournal} from '../contracts/journal-document.js'
import type {Ports} from '../ports.js'
import {type JournalRollback, journalOf, planJournalRollback} from './decide/rollback-plan.js'
import {
  type RollbackView,
  rollbackLines,
  rollbackOutputs,
  rollbackSummary
} from './report/rollback-summary.js'
import {type ClientOf, deleteFresh, movesByJournal, movesToVersion} from './move/rollback.js'
import {type TagMove, assertAllowed} from './move/tag-moves.js'
import {moveOrUndo} from './move/tag-transaction.js'
import {command} from '../command/command.js'
import {assertConfirmed} from '../command/confirmation.js'
import {openReleaseRegistries} from './release-registries.js'
import {githubToken} from '../github/github-inputs.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {dryRun, images, wait} from '../command/shared-inputs.js'

const inputs = {
  journal: json(
    {
      summary:
        'What merge-manifest gave out as journal, or kept as the artifact release-journal-1: its JSON, or a file that holds it.',
      placeholder: 'JSON|FILE'
    },
    parseJournal
  ),
  release: json(
    {
      summary:
        'What merge-manifest gave out as release, in place of its journal: its JSON, or a file that holds it.',
      placeholder: 'JSON|FILE'
    },
    parseRelease
  ),
  images,
  'to-version': parsed(
    {
      summary:
        'The tag of a version that is there: its aliases, such as 1.2, 1 and latest, go back to it from newer versions. For use without a journal.',
      placeholder: 'TAG'
    },
    parseTag
  ),
  force: flag({
    summary: 'Move tags back even where something else is there than the journal or a version says.'
  }),
  'delete-new': flag({
    summary: 'Delete the tags that were new in the release of the journal. Without it nothing is deleted.'
  }),
  wait,
  'github-token': githubToken,
  insecure,
  'registry-credentials': registryCredentials,
  'dry-run': dryRun
}

type Inputs = InputValues<typeof inputs>

/** Puts aliases and branch tags back to what was there before a release, all of them or none. */
export const rollbackRelease = command({
  name: 'rollback-release',
  summary: 'Put aliases and branch tags back to what was there before a release, all of them or none.',
  description:
    'Takes the journal of a release, or the tag of an older version. Version tags stay where they are, and nothing is deleted unless delete-new is given. A tag that was moved since is not touched: then nothing is written at all. What fails half way is put back.',
  inputs,
  outputs: {
    tags: 'One REPOSITORY:TAG a line, for every tag that now points at what it is to go back to.',
    kept: 'One REPOSITORY:TAG a line, for every alias that stayed because nothing newer is there.',
    left: 'One REPOSITORY:TAG a line, for every tag of the release that is still there: versions, and what was new.',
    deleted: 'One REPOSITORY:TAG a line, for every tag that was new and is gone.',
    superseded: 'One REPOSITORY@DIGEST a line, for everything that a tag pointed at until now.',
    journal: 'JSON: what was at each tag before this rollback. Empty where none had to move.'
  },
  movesTags: true,
  lists: ['tags', 'kept', 'left', 'deleted', 'superseded'],
  examples: [
    {
      line: 'image-release rollback-release --journal .image-release/journal/1.3.0.json',
      remark: 'Undo the release of 1.3.0'
    },
    {
      line: 'image-release rollback-release --release release.json --dry-run',
      remark: 'Show what that would do, by what merge-manifest gave out'
    },
    {
      line: 'image-release rollback-release --images ghcr.io/o/app --to-version 1.2.9 --dry-run',
      remark: 'Show what would go back to 1.2.9'
    }
  ],
  async run(given, ports) {
    const journal = given.journal ?? (given.release && journalOf(given.release))
    assertInputs(given, journal)
    const registries = openReleaseRegistries(given, ports)
    const clientOf: ClientOf = reference =>
      registries.working.repository(parseReference(reference).repository, 'pull,push')
    const asked = journal === undefined ? NOTHING : planJournalRollback(journal)
    const planned =
      given['to-version'] === undefined
        ? await movesByJournal(asked.replaced, {
            clientOf,
            patience: registries.patience,
            isForced: given.force
          })
        : await movesToVersion(
            given['to-version'],
            given.images.map(image => registries.working.repository(image, 'pull,push')),
            given.force
          )
    assertAllowed(planned)
    const isDry = given['dry-run']
    const what = planned.map(({client, tag}) => `${client.name}:${tag.name}`)
    if (!isDry) await assertConfirmed(ports, 'Put these back?', what)
    const moves = isDry ? planned : await moveOrUndo(planned, registries, 'the release was not rolled back')
    report(moves.map(viewOf), isDry, ports)
    const deleted = given['delete-new'] && !isDry ? await deleteAll(asked, given, ports) : []
    const left = [...asked.kept, ...asked.fresh].map(({reference}) => reference)
    return {
      ...rollbackOutputs(moves.map(viewOf)),
      left: left.filter(reference => !deleted.includes(reference)).join('\n'),
      deleted: deleted.join('\n'),
      journal: registries.journal.text
    }
  }
})

const NOTHING: JournalRollback = {replaced: [], fresh: [], kept: []}

/** @throws InputError unless a journal is given, or a version and where it is */
function assertInputs(given: Inputs, journal: JournalDocument | undefined): void {
  const {images: named, 'to-version': version, 'delete-new': isDeleting} = given
  if (journal === undefined && version === undefined)
    throw new InputError([
      {
        input: 'journal',
        message: 'is required, or release, or images and to-version; image-release doctor finds it'
      }
    ])
  const issues = [
    ...(given.journal !== undefined && given.release !== undefined
      ? [{input: 'release', message: 'says the same as the journal; give either'}]
      : []),
    ...(journal !== undefined && version !== undefined
      ? [{input: 'to-version', message: 'is for use without a journal; give either'}]
      : []),
    ...(journal !== undefined && named.length > 0
      ? [{input: 'images', message: 'are named by the journal'}]
      : []),
    ...(journal === undefined && named.length === 0
      ? [{input: 'images', message: 'is required without a journal'}]
      : []),
    ...(journal === undefined && isDeleting
      ? [{input: 'delete-new', message: 'needs a journal, which says what was new'}]
      : [])
  ]
  if (issues.length > 0) throw new InputError(issues)
}

function viewOf({client, tag, decision, standing, index}: TagMove): RollbackView {
  return {repository: client.repository, tag: tag.name, decision, from: standing?.digest, to: index.digest}
}

function report(views: readonly RollbackView[], isDry: boolean, {reporter}: Ports): void {
  for (const line of rollbackLines(views, isDry)) reporter.info(line)
  reporter.summary(rollbackSummary(views, isDry))
  if (views.length === 0) reporter.notice('There is no tag to put back.')
}

/** @throws ReleaseError TAG_NOT_MOVED where a tag could not be deleted; all others are */
async function deleteAll({fresh}: JournalRollback, given: Inputs, ports: Ports): Promise<string[]> {
  const {registries, hostOf, patience} = openReleaseRegistries(given, ports).undoing()
  const clientOf: ClientOf = reference =>
    registries.repository(parseReference(reference).repository, 'pull,push,delete')
  const results = await deleteFresh(fresh, {clientOf, hostOf, patience})
  const faults = results.flatMap(({reference, fault}) =>
    fault === undefined ? [] : [`${reference}: ${fault}`]
  )
  const deleted = results.filter(({fault}) => fault === undefined).map(({reference}) => reference)
  for (const reference of deleted) ports.reporter.info(`${reference}  deleted`)
  if (faults.length === 0) return deleted
  throw new ReleaseError('TAG_NOT_MOVED', `tags that are still there:\n  ${faults.join('\n  ')}`, {
    hint: 'All other tags are rolled back. Delete these by the means of the registry.'
  })
}
