import {existsSync} from 'node:fs'
import {readFile, stat} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, expect, it} from '@jest/globals'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {parseInputs} from '../../src/command/input.js'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import type {Exec} from '../../src/ports.js'
import {parseRelease} from '../../src/contracts/release-document.js'
import {listSignatures} from '../../src/signing/signature-list.js'
import {component, describeWith} from '../support/components.js'
import {COSIGNS, type CosignKeys, type CosignProgram, makeCosignKeys} from '../support/cosign.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  DISTRIBUTION_3,
  OLAREG,
  PUBLISHER,
  type RunningRegistry,
  startDistribution3,
  startEmbeddedWith,
  startOlareg
} from '../support/registries.js'
import {type TestRelease, buildAll, clientOf, digestAt, merge, releaseTags} from '../support/releases.js'

const PROGRAMS = [...DISTRIBUTION_3, ...OLAREG]

/** On registries with and without the API of referrers, and one that asks for a login which stands in no file. */
const signedBy = (program: CosignProgram) => (): void => {
  let keys: CosignKeys
  let registries: RunningRegistry[]
  let embedded: Awaited<ReturnType<typeof startEmbeddedWith>>
  let ports: TestPorts
  /** Ports that know the login by themselves, for building and looking on. */
  let own: TestPorts
  let images: string[]
  let number = 0
  /** Every call of cosign, with what it was given and what was at the tags then. */
  let calls: {args: readonly string[]; env: Readonly<Record<string, string>>; tags: (string | undefined)[]}[]

  beforeAll(async () => {
    keys = await makeCosignKeys(program)
    embedded = await startEmbeddedWith('basic')
    registries = [await startDistribution3(), await startOlareg(), embedded]
    own = testPorts([embedded])
  }, 60_000)
  afterAll(async () => {
    keys.remove()
    own.close()
    await Promise.all(registries.map(registry => registry.stop()))
  })
  beforeEach(() => {
    number += 1
    calls = []
    images = registries.map(({host}) => `${host}/org/app${number}`)
    ports = testPorts([], {exec: watched(keys.exec)})
  })
  afterEach(() => ports.close())

  const watched =
    (exec: Exec): Exec =>
    async (command, args, options = {}) => {
      if (args[0] === 'sign') {
        const tags = await Promise.all(images.map(image => digestAt(own, image, '1.0.0')))
        calls.push({args, env: options.env ?? {}, tags})
      }
      return await exec(command, args, options)
    }
  const login = () => `${embedded.host}=${PUBLISHER.username}:${PUBLISHER.password}`

  const release = async (texts: Readonly<Record<string, string>>, more: Partial<TestRelease> = {}) => {
    const version = more.version ?? '1.0.0'
    const plan = await buildAll(own, {images, version, tags: releaseTags(version), ...more})
    for (const [name, record] of own.records) ports.records.set(name, record)
    return await merge(ports, {
      plan: JSON.stringify(plan),
      'registry-credentials': login(),
      sign: 'before-tags',
      'sign-key': keys.key,
      'sign-log': 'false',
      ...texts
    })
  }
  /** Runs a command that was given out, as it is. */
  const run = async (line: string) =>
    await keys.exec('sh', ['-c', `cd ${keys.folder} && ${line}`], {
      env: {DOCKER_CONFIG: await dockerConfig()}
    })
  const dockerConfig = async (): Promise<string> => {
    const {writeDockerConfig} = await import('../../src/registry/auth/docker-logins.js')
    const credentials = () => Promise.resolve(PUBLISHER)
    return (await writeDockerConfig(keys.folder, [embedded.host], credentials)).DOCKER_CONFIG
  }

  it('is signed on every registry before any tag moves, and verified by the commands that are given out', async () => {
    const outputs = await release({})
    expect(calls.map(({tags}) => tags)).toEqual(images.map(() => [undefined, undefined, undefined]))
    expect(outputs.signed.split('\n')).toEqual(images.map(image => `${image}@${outputs.digest}`))
    const commands = outputs['verify-commands'].split('\n')
    expect(commands).toHaveLength(3)
    for (const command of commands) expect(await run(command)).toMatchObject({exitCode: 0})
    expect(ports.reporter.summaries.join('\n')).toContain(commands[0])
    expect(ports.reporter.lines.join('\n')).toContain(`signed ${images[0]!}@${outputs.digest}`)
    for (const image of images) expect(await digestAt(own, image, 'latest')).toBe(outputs.digest)
  }, 60_000)

  it('gives cosign logins that came as inputs in a file of its own, which is gone afterwards', async () => {
    const seen: {mode?: number; text?: string} = {}
    const exec = ports.exec
    ports = testPorts([], {
      exec: async (command, args, options = {}) => {
        const folder = options.env?.['DOCKER_CONFIG']
        if (folder !== undefined) {
          const file = path.join(folder, 'config.json')
          Object.assign(seen, {mode: (await stat(file)).mode & 0o777, text: await readFile(file, 'utf8')})
        }
        return await exec(command, args, options)
      }
    })
    await release({})
    expect(seen.mode).toBe(0o600)
    const auth = Buffer.from(`${PUBLISHER.username}:${PUBLISHER.password}`).toString('base64')
    expect(JSON.parse(seen.text ?? '')).toEqual({auths: {[embedded.host]: {auth}}})
    for (const {args, env} of calls) {
      expect(args.join(' ')).not.toContain(PUBLISHER.password)
      expect(existsSync(env['DOCKER_CONFIG']!)).toBe(false)
    }
  }, 60_000)

  it('signs the image of each platform too where that is wanted, and nothing else', async () => {
    const {signed, digest} = await release({'sign-children': 'true'})
    const client = clientOf(own, images[0]!)
    const index = readManifest(await client.getManifest(parseDigest(digest)))
    const all = [digest, ...index.manifests.map(child => child.digest)]
    expect(signed.split('\n').sort()).toEqual(
      images.flatMap(image => all.map(one => `${image}@${one}`)).sort()
    )
    for (const one of all)
      expect((await listSignatures(client, parseDigest(one))).map(({digests}) => digests)).toEqual([[one]])
  }, 60_000)

  it('leaves every tag as it was where a signature fails, on one registry of three', async () => {
    const old = await release({}, {version: '1.0.0'})
    const refusing: Exec = async (name, args, options) =>
      args.some(arg => arg.startsWith(embedded.host))
        ? {exitCode: 1, stdout: '', stderr: 'Error: signing: denied'}
        : await keys.exec(name, args, options)
    ports = testPorts([], {exec: refusing})
    await expect(release({}, {version: '1.1.0', revision: 'b'.repeat(40)})).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      message: expect.stringContaining('signing: denied')
    })
    for (const image of images) {
      expect(await digestAt(own, image, 'latest')).toBe(old.digest)
      expect(await digestAt(own, image, '1.1.0')).toBeUndefined()
    }
  }, 60_000)

  it('says what to do about a wrong password, a key that is not there, and no cosign, and tags nothing', async () => {
    const wrong: Exec = async (command, args, options = {}) =>
      await keys.exec(command, args, {...options, env: {...options.env, COSIGN_PASSWORD: 'wrong'}})
    ports = testPorts([], {exec: wrong})
    await expect(release({})).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      hint: expect.stringContaining('COSIGN_PASSWORD')
    })
    await expect(release({'sign-key': '/nowhere/cosign.key'})).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      hint: expect.stringContaining('env://NAME')
    })
    ports = testPorts([], {exec: () => Promise.reject(new Error('cosign cannot be started'))})
    await expect(release({})).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      hint: expect.stringContaining('Install cosign')
    })
    for (const image of images) expect(await digestAt(own, image, '1.0.0')).toBeUndefined()
  }, 60_000)

  it('never takes a signature of one digest for that of another', async () => {
    const first = await release({}, {version: '1.0.0'})
    // A cosign that signs what was released before, in place of what it was told.
    const stray: Exec = async (command, args, options) =>
      await keys.exec(
        command,
        args.map(arg => arg.replace(/@sha256:\w+$/, `@${first.digest}`)),
        options
      )
    ports = testPorts([], {exec: stray})
    const next = {version: '1.1.0', revision: 'b'.repeat(40)}
    await expect(release({}, next)).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      message: expect.stringContaining('no signature of it is there')
    })
    for (const image of images) expect(await digestAt(own, image, 'latest')).toBe(first.digest)
    ports = testPorts([], {exec: keys.exec})
    const second = await release({}, next)
    for (const [digest, other] of [
      [first.digest, second.digest],
      [second.digest, first.digest]
    ] as const)
      for (const image of images) {
        const found = await listSignatures(clientOf(own, image), parseDigest(digest))
        expect(found.length).toBeGreaterThan(0)
        for (const {digests} of found) expect(digests).toEqual([digest])
        expect(JSON.stringify(found)).not.toContain(other)
      }
  }, 60_000)

  // A signing config and the older form exclude each other.
  const forms: Readonly<Record<CosignProgram, Readonly<Record<string, Readonly<Record<string, string>>>>>> = {
    cosign: {
      bundles: {},
      "cosign 2's tags": {
        'cosign-args': '--new-bundle-format=false\n--use-signing-config=false\n--tlog-upload=false',
        'sign-log': 'true'
      }
    },
    'older/cosign': {bundles: {'cosign-args': '--new-bundle-format'}, "cosign 2's tags": {}}
  }
  it.each(Object.entries(forms[program]))(
    'keeps its signatures when it is promoted: %s',
    async (form, signing) => {
      const {digest, release: document} = await release(signing)
      const targets = registries.map(({host}) => `${host}/production/app${number}`)
      const promoted = await promoteRelease.run(
        parseInputs(promoteRelease.inputs, {
          from: `${images[0]!}:1.0.0`,
          to: targets.join(),
          'registry-credentials': login()
        }),
        ports
      )
      expect(promoted.digest).toBe(parseRelease(document).targets[0]!.digest)
      const flags = ['--key', keys.publicKey, '--insecure-ignore-tlog=true', '--allow-http-registry']
      // cosign 2 reads a bundle only with a trusted root, which it fetches; cosign 3 reads what either has written.
      const verifier = form === 'bundles' ? component('cosign') : 'cosign'
      for (const target of targets)
        expect(await run([verifier, 'verify', ...flags, `${target}@${digest}`].join(' '))).toMatchObject({
          exitCode: 0
        })
    },
    60_000
  )

  it('is signed after the tags where that is wanted, and says so where it fails', async () => {
    const {digest} = await release({sign: 'after-tags'})
    expect(calls.map(({tags}) => tags)).toEqual(images.map(() => [digest, digest, digest]))
    ports = testPorts([], {
      exec: async (command, args, options) =>
        args[0] === 'sign'
          ? {exitCode: 1, stdout: '', stderr: 'Error: denied'}
          : await keys.exec(command, args, options)
    })
    await expect(release({sign: 'after-tags'})).rejects.toMatchObject({
      code: 'SIGN_FAILED',
      hint: expect.stringContaining('All tags point at the release'),
      outputs: {digest}
    })
  }, 60_000)

  it('signs nothing in a dry run, but says that cosign is missing', async () => {
    await release({'dry-run': 'true'})
    expect(calls).toEqual([])
    ports = testPorts([], {exec: () => Promise.reject(new Error('no cosign'))})
    await expect(release({'dry-run': 'true'})).rejects.toMatchObject({code: 'SIGN_FAILED'})
  }, 60_000)
}

for (const [title, program] of COSIGNS)
  describeWith([program, ...PROGRAMS], `a release that is signed by ${title}`, signedBy(program))
