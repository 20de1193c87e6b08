import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {mergeManifest} from '../../src/publishing/merge-manifest.js'
import {parseInputs} from '../../src/command/input.js'
import {digestOf} from '../../src/oci/digest.js'
import {parseRepository, parseTag} from '../../src/oci/reference.js'
import type {Exec} from '../../src/ports.js'
import {evidenceCommands} from '../../src/signing/evidence-summary.js'
import {declareImages} from '../../src/signing/artifact-subjects.js'
import {findCosign, runCosign, signArguments} from '../../src/signing/cosign.js'
import {scriptedExec} from '../support/builder-ports.js'
import {testPorts} from '../support/ports.js'

const signal = new AbortController().signal
const PLACE = {isInsecure: false, signingConfig: '/tmp/none.json'}

describe('cosign', () => {
  it.each([
    ['{"gitVersion": "v3.1.3"}', {major: 3, minor: 1}],
    ['{"gitVersion":"v2.6.1"}', {major: 2, minor: 6}],
    ['{"gitVersion":"2.4.0-dev"}', {major: 2, minor: 4}],
    ['{"gitVersion":"devel"}', {major: 3, minor: 0}],
    ['', {major: 3, minor: 0}]
  ])('is known by what it says of its version: %s', async (stdout, version) => {
    expect(await findCosign({exec: scriptedExec({'cosign version': stdout}), signal})).toEqual(version)
  })

  it.each([
    [
      'one before 2.0',
      scriptedExec({'cosign version': '{"gitVersion":"v1.13.1"}'}),
      'cosign 1.13 is too old'
    ],
    ['none', scriptedExec({}), 'ENOENT']
  ])('is refused where there is %s', async (_, exec, message) => {
    await expect(findCosign({exec, signal})).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('cosign-installer')
    })
  })

  it.each([
    ['3.1', {key: 'k', log: true}, false, 'sign --yes --key k'],
    ['3.1', {key: 'k', log: false}, false, 'sign --yes --key k --signing-config /tmp/none.json'],
    ['2.6', {key: 'k', log: false}, false, 'sign --yes --key k --tlog-upload=false'],
    ['2.6', {log: true}, false, 'sign --yes'],
    ['3.0', {key: 'k', log: true}, true, 'sign --yes --key k --allow-http-registry'],
    ['2.2', {key: 'k', log: true}, true, 'sign --yes --key k --allow-http-registry'],
    ['2.1', {key: 'k', log: true}, true, 'sign --yes --key k --allow-insecure-registry']
  ])('%s is told in its own words: %o, plain HTTP %s', (version, options, isInsecure, line) => {
    const [major = 0, minor = 0] = version.split('.').map(Number)
    const args = signArguments({args: [], ...options}, {major, minor}, {...PLACE, isInsecure})
    expect(args.join(' ')).toBe(line)
  })

  it('is tried again where it failed in passing, and not for a wrong password', async () => {
    const ports = testPorts([])
    const answers = ['Error: rekor: 503 Service Unavailable', 'Error: context deadline exceeded', undefined]
    const state = {calls: 0}
    const exec: Exec = () => {
      const fault = answers[state.calls++]
      return Promise.resolve({exitCode: fault === undefined ? 0 : 1, stdout: '', stderr: fault ?? ''})
    }
    await runCosign(['sign'], {what: 'sign x', env: {}}, {...ports, exec})
    expect(state.calls).toBe(3)
    const wrong = scriptedExec({cosign: {exitCode: 1, stderr: 'Error: reading key: decrypt: encrypted'}})
    await expect(
      runCosign(['sign'], {what: 'sign x', env: {}}, {...ports, exec: wrong})
    ).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      message: 'cosign could not sign x: reading key: decrypt: encrypted'
    })
    expect(wrong.calls).toHaveLength(1)
    ports.close()
  })

  it('is ended where it would wait for a person', async () => {
    const ports = testPorts([])
    const exec: Exec = (_, __, {onLine, signal: stop} = {}) =>
      new Promise((_resolve, reject) => {
        stop?.addEventListener('abort', () => reject(new Error('aborted')))
        onLine?.('Enter the verification code ABCD in your browser at: https://oauth2.sigstore.dev')
      })
    await expect(runCosign(['sign'], {what: 'sign x', env: {}}, {...ports, exec})).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      hint: expect.stringContaining('id-token: write')
    })
    ports.close()
  })
})

describe('the inputs of signing', () => {
  const texts = {images: 'ghcr.io/o/app', tags: '1', digests: digestOf(Buffer.from('x'))}
  const run = async (more: Readonly<Record<string, string>>) => {
    const ports = testPorts([])
    try {
      await mergeManifest.run(parseInputs(mergeManifest.inputs, {...texts, ...more}), ports)
    } finally {
      ports.close()
    }
  }

  it('may not contradict each other', async () => {
    await expect(
      run({'sign-key': 'k', 'cosign-args': '--annotations=a=b', 'sign-children': 'true'})
    ).rejects.toMatchObject({
      issues: [{input: 'sign-key'}, {input: 'cosign-args'}, {input: 'sign-children'}]
    })
    await expect(run({sign: 'before-tags', 'sign-log': 'false'})).rejects.toMatchObject({
      issues: [{input: 'sign-log'}]
    })
  })

  it('take no secret into the arguments of a program, nor say one', async () => {
    const key = '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----'
    const failure = await run({
      sign: 'before-tags',
      'sign-key': key,
      'cosign-args': '--registry-password=geheim\n--upload=false\nannotations'
    }).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      issues: [{input: 'sign-key'}, {input: 'cosign-args'}, {input: 'cosign-args'}, {input: 'cosign-args'}]
    })
    expect(String(failure)).not.toMatch(/geheim|BEGIN/)
  })
})

describe('what is said of signatures', () => {
  it('is a command for each, by key, by identity, and by GitHub', () => {
    const reference = 'ghcr.io/o/app@sha256:0'
    const identity = {
      subject: "https://github.com/o/app/.github/workflows/it's.yml@refs/heads/main",
      issuer: 'https://token.actions.githubusercontent.com'
    }
    const signed = [{reference, isInsecure: false}]
    expect(evidenceCommands({signed, attested: [], key: 'keys/cosign.key', log: true})).toEqual([
      `cosign verify --key keys/cosign.pub ${reference}`
    ])
    expect(evidenceCommands({signed, attested: [], key: 'awskms:///alias/k', log: false})).toEqual([
      `cosign verify --key awskms:///alias/k --insecure-ignore-tlog=true ${reference}`
    ])
    const keyless = [{reference, isInsecure: true, identity}]
    expect(evidenceCommands({signed: keyless, attested: [], log: true})).toEqual([
      String.raw`cosign verify --certificate-identity 'https://github.com/o/app/.github/workflows/it'\''s.yml@refs/heads/main' --certificate-oidc-issuer https://token.actions.githubusercontent.com --allow-http-registry ${reference}`
    ])
    const attested = [{references: [reference], url: undefined}]
    expect(evidenceCommands({signed: [], attested, log: true, repository: 'o/app'})).toEqual([
      `gh attestation verify oci://${reference} --repo o/app`
    ])
  })

  it('is handed to later steps by name and digest, each name once', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'subjects-'))
    const file = path.join(folder, 'artifacts')
    const [one, two] = [digestOf(Buffer.from('1')), digestOf(Buffer.from('2'))]
    const [app, worker] = [parseRepository('ghcr.io/o/app'), parseRepository('ghcr.io/o/worker')]
    await declareImages(file, [
      {repository: app, digest: one, tag: parseTag('1.0')},
      {repository: app, digest: two, tag: parseTag('1.0-alpine')},
      {repository: worker, digest: one}
    ])
    expect(await readFile(file, 'utf8')).toBe(
      `oci://ghcr.io/o/app:1.0@${one}\noci://ghcr.io/o/app:1.0-alpine@${two}\noci://ghcr.io/o/worker@${one}\n`
    )
    await rm(folder, {recursive: true})
  })
})
