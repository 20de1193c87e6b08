import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import {ImageWorkspace} from '../../src/checks/image-workspace.js'
import {type EngineName, findEngine} from '../../src/checks/image-engine.js'
import {hexOf} from '../../src/oci/digest.js'
import {layerFingerprint} from '../../src/oci/layer-fingerprint.js'
import {readManifest} from '../../src/oci/manifest.js'
import type {Family} from '../../src/oci/media-type.js'
import type {Exec} from '../../src/ports.js'
import {execWithEnvironment, scriptedExec} from '../support/builder-ports.js'
import {describeWith, itOnRootFilesystem, rootFilesystem} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {tarImage} from '../support/tar-image.js'
import {failureOf} from '../support/thrown.js'

describe('the engine that an image is loaded into', () => {
  const docker = {'docker version': '28.2.2', 'podman version': '4.3.1', 'buildah --version': '1.28.2'}

  it.each<[EngineName | undefined, Parameters<typeof scriptedExec>[0]]>([
    ['docker', docker],
    ['podman', {...docker, 'docker version': {exitCode: 1, stderr: 'Cannot connect to the Docker daemon'}}],
    ['buildah', {'buildah --version': '1.28.2'}],
    [undefined, {}]
  ])('is %s, the first that works', async (engine, script) => {
    expect(await findEngine('auto', scriptedExec(script))).toBe(engine)
  })

  // A hosted runner has docker and podman side by side.
  it.each<[EngineName, string]>([
    ['podman', 'podman run --rm "$IMAGE" true'],
    ['podman', 'set -x\n  if podman image exists "$IMAGE"; then ./docker-test.sh; fi'],
    ['podman', 'make docker-test\n/usr/bin/podman run "$IMAGE"'],
    ['buildah', 'c=$(buildah from "$IMAGE")'],
    ['docker', 'docker run "$IMAGE" && podman version'],
    ['docker', 'make docker-test'],
    ['docker', '"$ENGINE" run "$IMAGE"'],
    ['docker', './podman.sh "$IMAGE" podman-like']
  ])('is %s for a test that says %j', async (engine, lines) => {
    expect(await findEngine('auto', scriptedExec(docker), lines)).toBe(engine)
  })

  it('is another that works where the one that a test calls does not', async () => {
    expect(await findEngine('auto', scriptedExec({'docker version': '28'}), 'podman run "$IMAGE"')).toBe(
      'docker'
    )
  })

  it('that was named and does not work is an error that says why', async () => {
    const exec = scriptedExec({'docker version': {exitCode: 1, stderr: 'Cannot connect to the daemon\n'}})
    const error = await failureOf(() => findEngine('docker', exec))
    expect(error).toMatchObject({
      code: 'BUILDER_MISSING',
      message: 'the image is to be loaded into docker: Cannot connect to the daemon'
    })
    expect((await failureOf(() => findEngine('podman', exec))).message).toContain('ENOENT')
  })
})

describeWith(['podman', 'buildah', 'skopeo'], 'an image that is loaded', () => {
  let storage: ContainerStorage
  let exec: Exec
  const state = {folder: ''}

  beforeAll(() => {
    storage = makeContainerStorage()
    exec = execWithEnvironment(storage.env)
  })
  afterAll(() => storage.remove())
  beforeEach(() => {
    state.folder = mkdtempSync(path.join(tmpdir(), 'bench-'))
  })
  afterEach(() => rmSync(state.folder, {recursive: true, force: true}))

  const benchOf = (format: Family, architecture: string, name: string) => {
    const image = tarImage(rootFilesystem(architecture), architecture, format)
    const document = readManifest(image.root)
    const bench = new ImageWorkspace(
      {manifest: image.root, document, blobs: image},
      {folder: path.join(state.folder, 'gates'), name},
      exec
    )
    return {image, bench}
  }
  const out = async (program: string, ...args: readonly string[]): Promise<string> => {
    const {exitCode, stdout, stderr} = await exec(program, args)
    if (exitCode !== 0) throw new Error(stderr)
    return stdout
  }

  itOnRootFilesystem('amd64').each<[EngineName & ('podman' | 'buildah'), Family]>([
    ['podman', 'oci'],
    ['podman', 'docker'],
    ['buildah', 'oci'],
    ['buildah', 'docker']
  ])(
    'by %s in format %s has its config and layers, and is gone afterwards',
    async (engine, format) => {
      const name = `localhost/bench/${engine}:${format}`
      const {image, bench} = benchOf(format, 'amd64', name)
      expect(await bench.load(engine)).toBe(name)
      const [found] = JSON.parse(await out('podman', 'image', 'inspect', name)) as {Id: string}[]
      expect(found?.Id).toBe(hexOf(image.config))
      await bench.unload()
      expect((await exec('podman', ['image', 'exists', name])).exitCode).toBe(1)
    },
    60_000
  )

  itOnRootFilesystem('arm64')(
    'has the fingerprint that a shell would find, whatever its platform',
    async () => {
      const {image, bench} = benchOf('oci', 'arm64', 'localhost/bench/foreign:1')
      await bench.load('podman')
      const line = `podman inspect --format '{{json .RootFS.Layers}}' localhost/bench/foreign:1 | sha256sum`
      expect(await out('sh', '-c', line)).toBe(`${layerFingerprint(image.diffIds)}  -\n`)
      await bench.unload()
    },
    60_000
  )

  itOnRootFilesystem('amd64')(
    'can be run',
    async () => {
      const {bench} = benchOf('oci', 'amd64', 'localhost/bench/run:1')
      const name = (await bench.load('buildah')) ?? ''
      const line =
        'c=$(buildah from "$1"); buildah run --isolation chroot "$c" -- /bin/sh -c "echo it runs"; buildah rm "$c"'
      expect(await out('sh', '-ec', line, 'sh', name)).toContain('it runs\n')
      await bench.unload()
    },
    60_000
  )

  itOnRootFilesystem('amd64').each<Family>(['oci', 'docker'])(
    'in format %s has a layout and an archive that others read',
    async format => {
      const {image, bench} = benchOf(format, 'amd64', 'localhost/bench/read:1')
      const layout = await bench.layout()
      const index = JSON.parse(readFileSync(path.join(layout, 'index.json'), 'utf8')) as {manifests: object[]}
      expect(index.manifests).toMatchObject([{digest: image.root.digest}])
      const digest = await out('skopeo', 'inspect', '--format', '{{.Digest}}', `oci:${layout}`)
      expect(digest.trim()).toBe(image.root.digest)
      const config = await out(
        'skopeo',
        'inspect',
        '--config',
        '--raw',
        `docker-archive:${await bench.archive()}`
      )
      expect(JSON.parse(config)).toMatchObject({architecture: 'amd64', rootfs: {diff_ids: image.diffIds}})
    },
    60_000
  )
})
