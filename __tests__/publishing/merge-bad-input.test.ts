import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {openFolderStore} from '../../src/cli/folder-digest-store.js'
import {type Digest, digestOf} from '../../src/oci/digest.js'
import type {Plan} from '../../src/contracts/plan.js'
import type {Ports} from '../../src/ports.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {image} from '../support/images.js'
import type {TestPorts} from '../support/ports.js'
import {indexOf} from '../support/registry-client.js'
import {buildAll, clientOf, digestAt, merge, releaseTags} from '../support/releases.js'
import {scriptedSend} from '../support/scripted-send.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

const RECORD = 'digest-app-linux-arm64'

/** What a test may spoil: the folder of the records, the plan, and what the registries hold. */
interface Scene {
  readonly file: string
  readonly right: string
  readonly plan: Plan
  readonly ports: TestPorts
  readonly images: readonly string[]
}

/** Spoils one thing; what it gives back is used in place of the plan or of the ports. */
type Spoil = (scene: Scene) => Promise<{plan?: object; ports?: Partial<Ports>} | undefined>

const record = (make: (right: string) => string | Uint8Array): Spoil => {
  return async ({file, right}) => {
    await writeFile(file, make(right))
    return undefined
  }
}

const RECORDS: readonly [string, Spoil, RegExp][] = [
  ['70 bytes', record(right => right.slice(0, -1)), /record digest-app-linux-arm64: .*63 characters/],
  ['72 bytes', record(right => `${right}0`), /record digest-app-linux-arm64: .*65 characters/],
  ['a line break', record(right => `${right}\n`), /arm64: white space or a line break/],
  ['CRLF', record(right => `${right}\r\n`), /arm64: white space or a line break/],
  ['upper case', record(right => right.toUpperCase().replace('SHA256', 'sha256')), /arm64: .*not lower case/],
  ['sha512', record(() => `sha512:${'a'.repeat(128)}`), /arm64: .*algorithm is sha512/],
  ['a byte order mark', record(right => `\ufeff${right}`), /arm64: .*byte order mark/],
  ['two lines', record(right => `${right}\n${right}`), /arm64: it holds more than one/],
  ['10 MB', record(() => Buffer.alloc(10_000_000, 'a')), /arm64: .*is not a digest/],
  ['zeros', record(() => Buffer.alloc(71)), /arm64: .*is not a digest/],
  [
    'a folder',
    async ({file}) => {
      await rm(file)
      await mkdir(file)
      return undefined
    },
    /digest-app-linux-arm64 is not a file/
  ],
  [
    'a link to a record',
    async ({file, right}) => {
      await rm(file)
      await writeFile(`${file}.elsewhere`, right)
      await symlink(`${file}.elsewhere`, file)
      return undefined
    },
    /digest-app-linux-arm64 is not a file/
  ]
]

/** A plan whose build for arm64 is changed. */
const planned = (change: object): Spoil => {
  return ({plan}) =>
    Promise.resolve({
      plan: {
        ...plan,
        targets: plan.targets.map(target => ({
          ...target,
          builds: target.builds.map(build => (build.record === RECORD ? {...build, ...change} : build))
        }))
      }
    })
}

/** A record that names something else. */
const naming = (make: (scene: Scene) => Promise<Digest>): Spoil => {
  return async scene => {
    await writeFile(scene.file, await make(scene))
    return undefined
  }
}

const IMAGES: readonly [string, Spoil, RegExp][] = [
  [
    'an unknown platform',
    planned({platform: 'linux/amd46'}),
    /builds\[1\]\.platform: "linux\/amd46" is not a platform/
  ],
  ['a platform twice', planned({platform: 'linux/amd64'}), /linux\/amd64 is twice/],
  [
    'the image of another platform',
    naming(async ({ports, images}) => {
      const local = image({architecture: 'riscv64'})
      for (const name of images) await pushImage(clientOf(ports, name), local)
      return local.root.digest
    }),
    /was planned for linux\/arm64, but its config says linux\/riscv64/
  ],
  [
    'the image of another repository',
    naming(async ({ports, images}) => {
      const local = image({architecture: 'arm64', content: 'elsewhere'})
      for (const name of images) await pushImage(clientOf(ports, `${name}-other`), local)
      return local.root.digest
    }),
    /bad\/app\d+@sha256:[0-9a-f]{64} is not there/
  ],
  [
    'an index within an index',
    naming(async ({ports, images}) => {
      const local = image({architecture: 'arm64', content: 'nested'})
      const inner = indexOf(local.root)
      const outer = indexOf(inner)
      for (const name of images) {
        await pushImage(clientOf(ports, name), local)
        await clientOf(ports, name).putManifest(inner)
        await clientOf(ports, name).putManifest(outer)
      }
      return outer.digest
    }),
    /is an index within the index sha256:/
  ],
  [
    'a manifest of schema 1',
    async ({file, ports}) => {
      const body = JSON.stringify({schemaVersion: 1, name: 'o/a', tag: '1', fsLayers: [], history: []})
      const digest = digestOf(Buffer.from(body))
      await writeFile(file, digest)
      const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
      const headers = {
        'content-type': type,
        'content-length': String(body.length),
        'docker-content-digest': digest
      }
      const old = scriptedSend(() => ({headers, body}))
      return {
        ports: {
          send: request => (request.url.pathname.endsWith(digest) ? old(request) : ports.send(request))
        }
      }
    },
    /sha256:[0-9a-f]{64}: .*media type application\/vnd\.docker\.distribution\.manifest\.v1\+prettyjws is not one/
  ]
]

describe('merge-manifest writes nothing, and names what is wrong', () => {
  const lab = suiteRegistries('bad', twoEmbedded)
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bad-input-'))
  })
  afterEach(async () => {
    await rm(folder, {recursive: true, force: true})
  })

  /** A release that is ready but for one thing, merged; what was written to the registries since. */
  async function mergeSpoilt(spoil: Spoil): Promise<{failure: unknown; written: string[]}> {
    const {images, ports} = lab
    const plan = await buildAll(ports, {images, version: '1.0.0', tags: releaseTags('1.0.0')})
    for (const [name, bytes] of ports.records) await writeFile(path.join(folder, name), bytes)
    const right = Buffer.from(ports.records.get(RECORD)!).toString()
    const changed = await spoil({file: path.join(folder, RECORD), right, plan, ports, images})
    const before = lab.registries.map(({registry}) => registry.requests.length)
    const given = {
      ...ports,
      ...changed?.ports,
      reporter: ports.reporter,
      digests: openFolderStore(() => folder)
    }
    const failure: unknown = await merge(given, {
      plan: JSON.stringify(changed?.plan ?? plan),
      wait: '0'
    }).catch((error: unknown) => error)
    const written = lab.registries.flatMap(({registry}, at) =>
      registry.requests.slice(before[at]).filter(({method}) => method !== 'GET' && method !== 'HEAD')
    )
    for (const name of images) expect(await digestAt(ports, name, 'latest')).toBeUndefined()
    return {failure, written: written.map(({method, path: at}) => `${method} ${at}`)}
  }

  it.each(RECORDS)('where a record is %s', async (_, spoil, message) => {
    const {failure, written} = await mergeSpoilt(spoil)
    expect(failure).toMatchObject({
      code: expect.stringMatching(/^(RELEASE_INCOMPLETE|RECORD_INVALID)$/),
      message: expect.stringMatching(message)
    })
    expect(written).toEqual([])
  })

  it.each(IMAGES)('where a record or plan names %s', async (_, spoil, message) => {
    const {failure, written} = await mergeSpoilt(spoil)
    expect(failure).toMatchObject({
      code: expect.stringMatching(/^(RELEASE_INCOMPLETE|INPUT_INVALID)$/),
      message: expect.stringMatching(message)
    })
    expect(written).toEqual([])
  })

  it('where two digests are of one platform', async () => {
    const {images, ports} = lab
    const locals = [image({content: 'one'}), image({content: 'two'})]
    for (const name of images) for (const local of locals) await pushImage(clientOf(ports, name), local)
    const digests = locals.map(({root}) => root.digest).join()
    await expect(
      merge(ports, {images: images.join(), tags: 'latest', digests, wait: '0'})
    ).rejects.toMatchObject({
      code: 'PLATFORM_MISMATCH',
      message: expect.stringContaining('linux/amd64 is there twice')
    })
    for (const name of images) expect(await digestAt(ports, name, 'latest')).toBeUndefined()
  })

  it('where nothing is wrong, it does', async () => {
    const {images, ports} = lab
    const plan = await buildAll(ports, {images, version: '1.0.0', tags: releaseTags('1.0.0')})
    for (const [name, bytes] of ports.records) await writeFile(path.join(folder, name), bytes)
    const given = {...ports, digests: openFolderStore(() => folder)}
    const {digest} = await merge(given, {plan: JSON.stringify(plan)})
    for (const name of images) expect(await digestAt(ports, name, 'latest')).toBe(digest)
  })
})
