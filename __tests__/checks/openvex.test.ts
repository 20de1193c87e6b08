import {describe, expect, it} from '@jest/globals'
import {excuseOf, readOpenVex} from '../../src/checks/scan/openvex.js'
import type {Finding} from '../../src/checks/scan/sarif.js'

const DIGEST = `sha256:${'1'.repeat(64)}`
const SUBJECT = {repositories: ['ghcr.io/o/app', 'docker.io/o/app'], digests: [DIGEST]}
const NOT_PRESENT = {status: 'not_affected', justification: 'vulnerable_code_not_present'}

const document = (statements: readonly object[], more: object = {}): string =>
  JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://example.org/vex/1',
    author: 'o',
    timestamp: '2026-01-01T00:00:00Z',
    version: 1,
    statements,
    ...more
  })
const finding = (id: string, text = ''): Finding => ({id, severity: 'high', isSuppressed: false, text})
const excuse = (statements: readonly object[], found = finding('CVE-2024-1')): string => {
  const excused = excuseOf(found, readOpenVex(document(statements), 'app.vex.json'), SUBJECT)
  return excused === undefined ? 'counts' : `${excused.status}: ${excused.reason}`
}
const about = (product: unknown, more: object = NOT_PRESENT): object => ({
  vulnerability: {name: 'CVE-2024-1'},
  products: [product],
  ...more
})

describe('a finding that VEX takes out of the count', () => {
  const trivy = 'Package: openssl\nInstalled Version: 3.1.0-r1\nVulnerability CVE-2024-1\nSeverity: HIGH'
  const grype = 'A high vulnerability in apk package: openssl, version 3.1.0-r1 was found at: /lib/apk/db'
  const image = 'pkg:oci/app?repository_url=ghcr.io/o/app'

  it.each<[title: string, product: unknown]>([
    ['its repository', {'@id': image}],
    ['its name', {'@id': 'pkg:oci/app'}],
    ['its digest', {'@id': `pkg:oci/app@${encodeURIComponent(DIGEST)}?repository_url=ghcr.io/o/app`}],
    ['a hash', {hashes: {'sha-256': DIGEST.slice(7)}}],
    ['an identifier', {identifiers: {purl: image}}],
    ['a reference', {'@id': 'ghcr.io/o/app'}],
    ['a reference by digest', {'@id': `docker.io/o/app@${DIGEST}`}],
    ['a text, as OpenVEX 0.0.1 has it', image]
  ])('is of the image by %s', (_title, product) =>
    expect(excuse([about(product)])).toBe('not_affected: vulnerable_code_not_present')
  )

  it.each<[title: string, product: unknown]>([
    ['another repository', {'@id': 'pkg:oci/app?repository_url=ghcr.io/o/other'}],
    ['another name', {'@id': 'pkg:oci/other'}],
    ['another digest', {'@id': `pkg:oci/app@sha256%3A${'2'.repeat(64)}`}],
    ['a package that it does not name', {'@id': 'pkg:apk/alpine/openssl'}],
    ['a part that it does not name', {'@id': image, subcomponents: [{'@id': 'pkg:apk/alpine/openssl'}]}]
  ])('is not of %s', (_title, product) => expect(excuse([about(product)])).toBe('counts'))

  it.each<[scanner: string, found: Finding]>([
    ['trivy', finding('CVE-2024-1', trivy)],
    ['grype', finding('CVE-2024-1-openssl', grype)]
  ])('is of a package as %s names it', (_scanner, found) => {
    const part = (purl: string): object => about({'@id': image, subcomponents: [{'@id': purl}]})
    expect(excuse([about({'@id': 'pkg:apk/alpine/openssl@3.1.0-r1?arch=x86_64'})], found)).toMatch(/^not/)
    expect(excuse([part('pkg:apk/alpine/openssl')], found)).toMatch(/^not/)
    expect(excuse([part('pkg:apk/alpine/openssl@3.0.0')], found)).toBe('counts')
    expect(excuse([part('pkg:apk/alpine/ssl')], found)).toBe('counts')
  })

  it('is known by an alias, and by no beginning of its name', () => {
    const alias = {vulnerability: {name: 'GHSA-aaaa-bbbb-cccc', aliases: ['CVE-2024-1']}}
    expect(excuse([about('pkg:oci/app', {...NOT_PRESENT, ...alias})])).toMatch(/^not/)
    expect(excuse([about('pkg:oci/app')], finding('CVE-2024-11'))).toBe('counts')
    expect(excuse([about('pkg:oci/app', {...NOT_PRESENT, vulnerability: 'CVE-2024-1'})])).toMatch(/^not/)
  })

  it('is what the latest statement says', () => {
    const at = (timestamp: string, more: object): object => about('pkg:oci/app', {timestamp, ...more})
    const early = at('2026-02-01T00:00:00Z', NOT_PRESENT)
    const late = at('2026-03-01T00:00:00Z', {status: 'affected', action_statement: 'Update.'})
    expect(excuse([early, late])).toBe('counts')
    expect(excuse([late, early])).toBe('counts')
    expect(excuse([late, at('2026-04-01T00:00:00Z', {status: 'fixed'})])).toBe('fixed: ')
    expect(excuse([about('pkg:oci/app', {status: 'under_investigation'})])).toBe('counts')
  })
})

describe('an OpenVEX document', () => {
  it.each([
    ['is no JSON', '{', 'it is not JSON'],
    ['is another one', '{"bomFormat": "CycloneDX"}', 'its @context is not'],
    ['has no statements', document([], {statements: null}), 'no list of statements'],
    ['has no status', document([about('pkg:oci/app', {})]), 'statement 1: its status is not one of'],
    ['has no vulnerability', document([{products: ['a'], ...NOT_PRESENT}]), 'names no vulnerability'],
    ['has no product', document([{vulnerability: 'CVE-1', ...NOT_PRESENT}]), 'names no product'],
    [
      'has no justification',
      document([about('pkg:oci/app', {status: 'not_affected'})]),
      'not_affected needs a justification'
    ]
  ])('is refused where it %s', (_title, text, message) =>
    expect(() => readOpenVex(text, 'app.vex.json')).toThrow(message)
  )
})
