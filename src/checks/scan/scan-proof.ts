import {ReleaseError} from '../../errors.js'
import {fieldAt, listIn, textIn, tryParseJson} from '../../shared/json.js'
import type {SarifReport} from './sarif.js'

/** How strictly a report is held to name the image: `required`, or `waived` for lines whose scanner cannot name it. */
export const PROOF_DEMANDS = ['required', 'waived'] as const
export type ProofDemand = (typeof PROOF_DEMANDS)[number]

/** Where a scanner says which image it looked at. */
export type ProofSource =
  /** In its report, as `readSarif` finds it. */
  | {readonly from: 'report'}
  /** In a second document of the same run, a JSON file: at one of these paths of fields, as a text or a list. */
  | {readonly from: 'document'; readonly fields: readonly (readonly string[])[]}
  /** Nowhere: what it was given is the proof, where only this program could say it. */
  | {readonly from: 'invocation'}

/** What a proof is looked for in. */
export interface ProofQuestion {
  readonly title: string
  readonly source: ProofSource
  readonly demand: ProofDemand
  /** The digests that stand for the image: of what the record names, of its manifest, of its config. */
  readonly subjects: readonly string[]
  readonly report: Pick<SarifReport, 'runs'>
  /** The text of the second document; undefined where there is none. */
  readonly document: string | undefined
}

/** By what a scan is known to be one of this image; a scan that nothing shows to be so was waved through. */
export interface Proof {
  readonly isShown: boolean
  /** A sentence for the log. */
  readonly text: string
}

/**
 * Says by what a scan is known to be one of this image.
 * @throws ReleaseError SCAN_FAILED where it is of another image, or nothing shows that it is of this one
 */
export function proofOf(question: ProofQuestion): Proof {
  const {report, subjects, source, demand} = question
  const proven = report.runs.map(run => {
    const own = ownIn([...run.subjects, ...run.hashes], subjects)
    if (own === undefined && run.subjects.length > 0) throw ofAnother(question, run.subjects)
    return own
  })
  const silent = report.runs[proven.indexOf(undefined)]
  if (silent === undefined) return shown(`The report names ${proven[0] ?? 'this image'}.`)
  if (source.from === 'document') {
    const named = digestsAt(tryParseJson(question.document ?? ''), source.fields)
    const own = ownIn(named, subjects)
    if (own !== undefined) return shown(`What the scanner says of its target names ${own}.`)
    if (named.length > 0) throw ofAnother(question, named)
  }
  if (source.from === 'invocation')
    return shown('The scanner was given this image alone, and names none itself.')
  if (demand === 'waived') return {isShown: false, text: waived(silent.scanner)}
  throw unproven(question, silent.scanner)
}

function shown(text: string): Proof {
  return {isShown: true, text}
}

function waived(scanner: string): string {
  return `Nothing shows that the report of ${scanner} is of this image; scan-proof: waived takes it as it is.`
}

function digestsAt(document: unknown, fields: readonly (readonly string[])[]): string[] {
  const texts = fields
    .map(path => fieldAt(document, ...path))
    .flatMap(value => [value, ...listIn(value)])
    .map(textIn)
  return texts.flatMap(text => text.match(/sha256:[0-9a-f]{64}/g) ?? [])
}

function ownIn(named: readonly string[], own: readonly string[]): string | undefined {
  return named.find(digest => own.includes(digest))
}

/** A report that an earlier scan left, or one of another image, says nothing of this one. */
function ofAnother({title, subjects}: ProofQuestion, named: readonly string[]): ReleaseError {
  return new ReleaseError(
    'SCAN_FAILED',
    `the report of the scan of ${title} is of another image: it names ${named.join(', ')}, and this one is ${subjects.join(', config ')}`,
    {hint: 'Scan what $IMAGE_LAYOUT, $IMAGE or $IMAGE_ARCHIVE name, and write the report of that.'}
  )
}

function unproven({title, subjects, source}: ProofQuestion, scanner: string): ReleaseError {
  const where = {
    report: 'in imageID, repoDigests or the like of its properties, or as an artifact of it',
    document: 'in its report or its JSON',
    invocation: ''
  }[source.from]
  return new ReleaseError(
    'SCAN_FAILED',
    `the report of the scan of ${title} does not say which image it is of: ${scanner} names no digest ${where}, and this image is ${subjects.join(', config ')}`,
    {
      hint:
        'Nothing was pushed. Let a scanner that names what it looked at write it (trivy image --input "$IMAGE_LAYOUT", or scan: trivy, grype, snyk); ' +
        'where yours cannot, and your lines scan $IMAGE_LAYOUT for certain, say so by scan-proof: waived.'
    }
  )
}
