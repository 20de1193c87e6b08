import {InputError, ReleaseError} from '../errors.js'
import {flag, list, parsed, required} from '../command/input.js'
import type {Digest} from '../oci/digest.js'
import {
  type Repository,
  type Tag,
  formatReference,
  formatRepository,
  parseReference,
  parseRepository,
  parseTag
} from '../oci/reference.js'
import type {Reporter} from '../ports.js'
import {formatSize} from '../shared/format.js'
import {logMerge, mergeOutputs, mergeSummary} from './report/merge-summary.js'
import {type PromotedImage, promote} from './move/promotion.js'
import {releaseView} from './release-view.js'
import {command} from '../command/command.js'
import {assertConfirmed} from '../command/confirmation.js'
import {summarizeFailure} from './failure-report.js'
import {openReleaseRegistries} from './release-registries.js'
import {githubToken} from '../github/github-inputs.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {config, dryRun, wait} from '../command/shared-inputs.js'

/** A published image, by tag or digest. */
interface Source {
  readonly repository: Repository
  readonly reference: Tag | Digest
  readonly tag: Tag | undefined
}

const inputs = {
  from: required(
    parsed(
      {
        summary: 'The image that is published already, as REPOSITORY:TAG or REPOSITORY@DIGEST.',
        placeholder: 'IMAGE'
      },
      parseSource
    )
  ),
  to: required(
    list(
      {summary: 'The repositories that it goes to, on any registry.', placeholder: 'REPOSITORY'},
      parseRepository
    )
  ),
  tags: list(
    {
      summary:
        'The tags that are to point at it there; without any, the tag of from. With a digest and no tags it is copied only.',
      placeholder: 'TAG'
    },
    parseTag
  ),
  'allow-backward': flag({
    summary: 'Move tags such as latest even where what is there is newer than what is promoted.'
  }),
  'github-token': githubToken,
  wait,
  insecure,
  config,
  'registry-credentials': registryCredentials,
  'dry-run': dryRun
}

/** Brings an image to other repositories as it is, and moves tags there. */
export const promoteRelease = command({
  name: 'promote-release',
  summary:
    'Bring a published image to other repositories without a rebuild, and move tags there, all or none.',
  description:
    'Copies the image by digest with all platforms, attestations, signatures and whatever else refers to it; the digest stays the same. When all of it is in every repository, the tags move by the rules of a release: versions stay what they are, latest and tags such as 1.2 only go forward. What fails is put back.',
  settings: 'section',
  inputs,
  outputs: {
    digest: 'The digest of the image, which is the same everywhere.',
    images: 'One REPOSITORY@DIGEST a line.',
    tags: 'One REPOSITORY:TAG a line, for every tag that now points at this image.',
    kept: 'One REPOSITORY:TAG a line, for every tag that stayed because something newer is there.',
    superseded: 'One REPOSITORY@DIGEST a line, for everything that a tag pointed at before.',
    journal:
      'JSON: what was at each tag before the first was moved; rollback-release takes it. Empty where none had to move.',
    release: 'JSON: all of this in one document; verify-release and cleanup-latest take it.'
  },
  movesTags: true,
  lists: ['images', 'tags', 'kept', 'superseded'],
  examples: [
    {
      line: 'image-release promote-release --from ghcr.io/o/staging:1.2.3 --to ghcr.io/o/app --tags 1.2.3,1.2,latest',
      remark: 'Bring what was tested to where users pull'
    }
  ],
  async run(given, ports) {
    const registries = openReleaseRegistries(given, ports)
    const {from, to, tags, 'allow-backward': allowBackward, 'dry-run': isDry} = given
    if (to.length === 0) throw new InputError([{input: 'to', message: 'names no repository'}])
    const wanted = tags.length === 0 && from.tag !== undefined ? [from.tag] : tags
    const what = to.map(repository =>
      [formatRepository(repository), wanted.join(', ')].filter(Boolean).join(': ')
    )
    if (!isDry) await assertConfirmed(ports, 'Promote to these?', what)
    const promoted = await summarizeFailure(registries.journal, ports.reporter, async () =>
      promote({from, to, tags: wanted, allowBackward, dryRun: isDry}, registries)
    )
    sayCopies(promoted, ports.reporter)
    const views = [releaseView(promoted)]
    logMerge(views, isDry, ports.reporter)
    ports.reporter.summary(mergeSummary(views, isDry, 'Promotion'))
    const {digest, images, tags: moved, kept, superseded, release} = mergeOutputs(views)
    return {digest, images, tags: moved, kept, superseded, journal: registries.journal.text, release}
  }
})

function parseSource(text: string): Source {
  const {repository, tag, digest} = parseReference(text)
  const reference = digest ?? tag
  if (reference !== undefined) return {repository, reference, tag}
  throw new ReleaseError('REFERENCE_INVALID', `${JSON.stringify(text)} names no tag and no digest`, {
    hint: 'Write REPOSITORY:TAG or REPOSITORY@DIGEST.'
  })
}

function sayCopies({copies, index}: PromotedImage, reporter: Reporter): void {
  for (const {to, result} of copies) {
    const {manifests, uploaded, skipped, kept} = result
    reporter.info(
      `${formatReference(to, index.digest)}: ${manifests} manifests were new, ${formatSize(uploaded)} sent, ${formatSize(skipped)} was there or on the same registry`
    )
    for (const tag of kept)
      reporter.warning(
        `${formatReference(to, tag)} holds other signatures than the source, and stays as it is; sign the promoted image again if those of the source are wanted`
      )
  }
}
