import {describe, expect, it} from '@jest/globals'
import {type NotedEvidence, verifyCommands} from '../../src/signing/verify-commands.js'

const reference = 'ghcr.io/org/app@sha256:1'
const issuer = 'https://token.actions.githubusercontent.com'
const own = {identity: 'https://github.com/org/app/.github/workflows/release.yml@refs/tags/v1', issuer}
const reused = {
  identity: 'https://github.com/acme/image-release/.github/workflows/release.yml@refs/tags/v1',
  issuer
}
const provenance = 'https://slsa.dev/provenance/v1'

const commandsFor = (...evidence: NotedEvidence[]) =>
  verifyCommands({reference, source: 'org/app', key: 'cosign.pub', evidence, isAttested: false})

describe('the commands that verify an image', () => {
  it.each<[string, NotedEvidence, string]>([
    [
      'a signature of a workflow',
      {kind: 'signature', signer: own, predicateType: undefined},
      `cosign verify --certificate-identity ${own.identity} --certificate-oidc-issuer ${issuer} ${reference}`
    ],
    [
      'a signature by key',
      {kind: 'signature', signer: undefined, predicateType: undefined},
      `cosign verify --key cosign.pub ${reference}`
    ],
    [
      'a signature of a person whose issuer is not known',
      {kind: 'signature', signer: {identity: "o'neill@example.com"}, predicateType: undefined},
      `cosign verify --certificate-identity 'o'\\''neill@example.com' --certificate-oidc-issuer-regexp '.+' ${reference}`
    ],
    [
      'an attestation on GitHub',
      {kind: 'attestation', signer: own, predicateType: provenance, isOnGithub: true},
      `gh attestation verify oci://${reference} --repo org/app`
    ],
    [
      'an attestation in the registry alone',
      {kind: 'attestation', signer: own, predicateType: provenance},
      `gh attestation verify oci://${reference} --repo org/app --bundle-from-oci`
    ],
    [
      'an attestation of a reusable workflow, of another kind',
      {
        kind: 'attestation',
        signer: reused,
        predicateType: 'https://spdx.dev/Document/v2.3',
        isOnGithub: true
      },
      `gh attestation verify oci://${reference} --repo org/app --signer-workflow acme/image-release/.github/workflows/release.yml --predicate-type https://spdx.dev/Document/v2.3`
    ],
    [
      'an attestation by key',
      {kind: 'attestation', signer: undefined, predicateType: provenance},
      `cosign verify-attestation --key cosign.pub --type ${provenance} ${reference}`
    ]
  ])('for %s', (_, evidence, line) => {
    expect(commandsFor(evidence)).toEqual([line])
  })

  it('name an attestation once that the registry and GitHub both keep', () => {
    const one = {kind: 'attestation', signer: own, predicateType: provenance} as const
    expect(commandsFor(one, {...one, isOnGithub: true})).toEqual([
      `gh attestation verify oci://${reference} --repo org/app`
    ])
  })

  it("show BuildKit's attestations", () => {
    expect(verifyCommands({reference, source: 'org/app', key: '', evidence: [], isAttested: true})).toEqual([
      `docker buildx imagetools inspect ${reference} --format '{{json .Provenance}}'`
    ])
  })
})
