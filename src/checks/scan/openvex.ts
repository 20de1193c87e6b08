import {ReleaseError} from '../../errors.js'
import {parseReference} from '../../oci/reference.js'
import {type JsonObject, listIn, objectIn, parseJson, textIn} from '../../shared/json.js'
import type {Finding} from './sarif.js'
import type {ExcusedFinding} from './scan-count.js'

/** What a statement says of a vulnerability in a product (OpenVEX 0.2.0, "Status Labels"). */
const STATUSES = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const
type VexStatus = (typeof STATUSES)[number]

/** One statement of a document, for the products that it names. */
export interface VexStatement {
  /** The name and the aliases of the vulnerability, in lower case. */
  readonly vulnerabilities: readonly string[]
  readonly products: readonly VexProduct[]
  readonly status: VexStatus
  /** `vulnerable_code_not_present` and the like, or a text in its place; empty where the status needs none. */
  readonly reason: string
  /** Milliseconds since the epoch: of statements about one thing the latest counts. */
  readonly time: number
  /** The file that it stands in. */
  readonly file: string
}

/** What a statement is about: an image or a package, by its identifiers, and the packages in it that it is limited to. */
interface VexProduct {
  readonly ids: readonly string[]
  readonly parts: readonly string[]
}

/** The image that findings are about. */
export interface VexSubject {
  /** `ghcr.io/o/app` */
  readonly repositories: readonly string[]
  readonly digests: readonly string[]
}

/**
 * Reads an OpenVEX document (github.com/openvex/spec, 0.0.1 and 0.2.0).
 * @throws ReleaseError SCAN_FAILED where it is none, or a statement lacks what the specification demands: what nobody can
 * justify excuses nothing
 */
export function readOpenVex(text: string, file: string): VexStatement[] {
  const document = objectIn(parseJson(text, cause => invalid(file, 'it is not JSON', cause)))
  if (!textIn(document['@context']).startsWith('https://openvex.dev/ns'))
    throw invalid(file, 'it is no OpenVEX document: its @context is not https://openvex.dev/ns')
  const statements = document['statements']
  if (!Array.isArray(statements)) throw invalid(file, 'it has no list of statements')
  return statements.map((statement, at) => {
    const of = (fault: string): ReleaseError => invalid(file, `statement ${at + 1}: ${fault}`)
    return readStatement(objectIn(statement), {file, document, of})
  })
}

interface Place {
  readonly file: string
  readonly document: JsonObject
  readonly of: (fault: string) => ReleaseError
}

function readStatement(statement: JsonObject, {file, document, of}: Place): VexStatement {
  const status = STATUSES.find(one => one === statement['status'])
  if (status === undefined) throw of(`its status is not one of ${STATUSES.join(', ')}`)
  const named = statement['vulnerability']
  const {name, aliases, '@id': id} = objectIn(named)
  const vulnerabilities = [named, name, id, ...listIn(aliases)].map(textIn).filter(Boolean)
  if (vulnerabilities.length === 0) throw of('it names no vulnerability')
  const products = listIn(statement['products']).map(readProduct)
  if (products.every(({ids}) => ids.length === 0)) throw of('it names no product')
  const reason = [statement['justification'], statement['impact_statement']].map(textIn).find(Boolean) ?? ''
  if (status === 'not_affected' && reason === '') throw of('not_affected needs a justification')
  const time = Date.parse(textIn(statement['timestamp']) || textIn(document['timestamp']))
  return {
    vulnerabilities: vulnerabilities.map(each => each.toLowerCase()),
    products,
    status,
    reason,
    time: Number.isNaN(time) ? 0 : time,
    file
  }
}

function readProduct(value: unknown): VexProduct {
  const product = objectIn(value)
  const {'@id': id, identifiers, hashes, subcomponents} = product
  const own = [value, id, ...Object.values(objectIn(identifiers)), ...Object.values(objectIn(hashes))]
  const parts = listIn(subcomponents).flatMap(part => [part, objectIn(part)['@id']])
  return {ids: own.map(textIn).filter(Boolean), parts: parts.map(textIn).filter(Boolean)}
}

/**
 * What takes a finding out of the count: the latest statement about it that is of this image, and says that it is not affected
 * or mended. A statement that is limited to packages counts where the finding names one of them.
 */
export function excuseOf(
  finding: Finding,
  statements: readonly VexStatement[],
  subject: VexSubject
): ExcusedFinding | undefined {
  const id = finding.id.toLowerCase()
  const about = statements.filter(
    ({vulnerabilities, products}) =>
      vulnerabilities.some(name => id === name || id.startsWith(`${name}-`)) &&
      products.some(product => isOf(product, finding, subject))
  )
  const latest = about.reduce<VexStatement | undefined>(
    (best, one) => (best === undefined || one.time >= best.time ? one : best),
    undefined
  )
  if (latest?.status !== 'not_affected' && latest?.status !== 'fixed') return undefined
  const {status, reason, file} = latest
  return {id: finding.id, status, reason, file}
}

function isOf({ids, parts}: VexProduct, finding: Finding, subject: VexSubject): boolean {
  const packages = ids.filter(id => id.startsWith('pkg:') && !id.startsWith('pkg:oci/'))
  const isImage = ids.some(id => isImageOf(id, subject))
  const isPart = parts.length === 0 || parts.some(part => isNamed(part, finding))
  return (isImage && isPart) || packages.some(id => isNamed(id, finding))
}

/** `pkg:oci/app@sha256%3A…?repository_url=ghcr.io/o/app`, a reference, or a digest (purl-spec, types/oci). */
function isImageOf(id: string, {repositories, digests}: VexSubject): boolean {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(id)) return digests.includes(`sha256:${id.replace('sha256:', '')}`)
  const image = id.startsWith('pkg:oci/') ? imageOfPurl(id) : imageOfReference(id)
  if (image === undefined) return false
  const {repository, name, digest} = image
  if (digest !== undefined) return digests.includes(digest)
  return repository === undefined
    ? repositories.some(each => each.split('/').at(-1) === name)
    : repositories.includes(repository)
}

interface NamedImage {
  readonly repository: string | undefined
  readonly name: string
  readonly digest: string | undefined
}

function imageOfPurl(id: string): NamedImage {
  const {name, version, qualifiers} = partsOf(id)
  const repository = qualifiers.get('repository_url')?.toLowerCase()
  return {repository, name, digest: version?.startsWith('sha256:') === true ? version : undefined}
}

function imageOfReference(id: string): NamedImage | undefined {
  try {
    const {repository, digest} = parseReference(id)
    return {repository: `${repository.registry}/${repository.name}`, name: repository.name, digest}
  } catch {
    return undefined
  }
}

/** Whether a finding is of a package: by its rule, as grype names it, or by its text, with the version where there is one. */
function isNamed(purl: string, {id, text}: Finding): boolean {
  const {name, namespace, version} = partsOf(purl)
  const told = `${id.replace(/^(?:CVE-\d+-\d+|GHSA(?:-\w{4}){3})-/i, ' ')} ${text}`
  const names = namespace === '' ? [name] : [name, `${namespace}/${name}`]
  return names.some(each => hasWord(told, each)) && (version === undefined || hasWord(told, version))
}

function hasWord(text: string, word: string): boolean {
  return new RegExp(
    `(?:^|[\\s:("'])${word.replaceAll(/[^\w\s]/g, '\\$&')}(?=$|[\\s,;:)"']|\\.(?:\\s|$))`
  ).test(text)
}

interface PurlParts {
  readonly namespace: string
  readonly name: string
  readonly version: string | undefined
  readonly qualifiers: URLSearchParams
}

/** `pkg:type/namespace/name@version?qualifiers#subpath` (purl-spec). */
function partsOf(purl: string): PurlParts {
  const [beforeQuery = '', query = ''] = purl.split('#', 1)[0]?.split('?') ?? []
  const [place = '', version] = beforeQuery.replace(/^pkg:[^/]*\//, '').split(/@(?=[^@/]*$)/)
  const segments = place.split('/').filter(Boolean).map(decoded)
  return {
    namespace: segments.slice(0, -1).join('/'),
    name: segments.at(-1) ?? '',
    version: version === undefined || version === '' ? undefined : decoded(version),
    qualifiers: new URLSearchParams(query)
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function invalid(file: string, fault: string, cause?: unknown): ReleaseError {
  return new ReleaseError('SCAN_FAILED', `${file}: ${fault}`, {
    cause,
    hint: 'Write it by vexctl, or as github.com/openvex/spec says.'
  })
}
