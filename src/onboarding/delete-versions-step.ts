import {digestsMatched} from './step-patterns.js'
import {boundedExpression} from '../patterns/bounded-expression.js'
import {type StepWords, imageName, isOpenEnded} from './step-words.js'

/**
 * Translates a step of actions/delete-package-versions, by its source at 4dbb860504f6d0cde296a192842138c03915746a. It counts
 * manifests: of an image for two platforms each platform is one, and goes without the image. So only its rule about what
 * has no tag has the same meaning here.
 */
export function translateDeleteVersions(step: StepWords): void {
  const type = step.text('package-type')
  const name = step.text('package-name') ?? step.facts.repository
  const owner = step.text('owner')
  step.token('token')
  if (type?.toLowerCase() !== 'container') step.faults.push(`it is about ${type ?? 'other'} packages`)
  step.lines('images', [imageName(owner, name, step.facts)])
  if (step.text('package-version-ids') !== undefined)
    step.faults.push(
      'package-version-ids are numbers of GitHub; name the images by their digests in delete-tags'
    )
  translateIgnored(step)
  const isUntagged = isTrue(step, 'delete-only-untagged-versions')
  if (isTrue(step, 'delete-only-pre-release-versions'))
    step.faults.push(
      'delete-only-pre-release-versions looks for a version in the digest, and so takes releases, too; superseded-prereleases: true is what it says'
    )
  const oldest = step.text('num-old-versions-to-delete')
  if (oldest !== undefined && oldest !== '1')
    step.faults.push(
      'num-old-versions-to-delete counts platforms and signatures as versions; see keep-newest'
    )
  const kept = step.text('min-versions-to-keep')
  const many = kept === '-1' ? undefined : step.count('min-versions-to-keep')
  if (!isUntagged)
    step.faults.push(
      `it counts platforms and signatures as versions, so that images break; keep-newest: ${many ?? 10} and keep-newest-untagged: ${many ?? 10} count images`
    )
  if (many === undefined || many === 0) step.inputs['untagged'] = 'true'
  else step.inputs['keep-newest-untagged'] = String(many)
  step.age(undefined)
  step.notes.push('platforms and signatures of images that stay are not counted, and stay')
}

function isTrue(step: StepWords, name: string): boolean {
  return step.text(name)?.toLowerCase() === 'true'
}

/** The name of a container version is its digest: an expression for tags keeps nothing there. */
function translateIgnored(step: StepWords): void {
  const ignored = step.text('ignore-versions')
  if (ignored === undefined) return
  const [digest] = /^sha256:[0-9a-f]{64}$/.exec(ignored.replace(/^\^/, '').replace(/\$$/, '')) ?? []
  if (digest !== undefined) {
    step.lines('keep-tags', [digest])
    return
  }
  if (isOpenEnded(ignored) || matched(ignored) !== 'none') {
    step.faults.push(`ignore-versions ${JSON.stringify(ignored)} chooses by digest`)
    return
  }
  if (ignored !== '^$')
    step.notes.push(
      `ignore-versions ${JSON.stringify(ignored)} is held against digests there, and keeps nothing; name tags in keep-tags`
    )
}

function matched(expression: string): ReturnType<typeof digestsMatched> {
  try {
    const test = boundedExpression(expression)
    return digestsMatched(digest => test.test(digest))
  } catch {
    return 'some'
  }
}
