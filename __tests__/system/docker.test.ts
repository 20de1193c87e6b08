import {copyFileSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, expect, jest} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {ImageWorkspace} from '../../src/checks/image-workspace.js'
import {findEngine} from '../../src/checks/image-engine.js'
import {parseInputs} from '../../src/command/input.js'
import {hexOf, parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {describeWith, itOnRootFilesystem, rootFilesystem} from '../support/components.js'
import {DOCKER_DAEMON, type DockerDaemon, startDockerDaemon} from '../support/docker-daemon.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {readContent} from '../support/registry-content.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf, merge, planOf} from '../support/releases.js'
import {tarImage} from '../support/tar-image.js'

jest.setTimeout(120_000)

/** This machine's own platform, which its docker builds for and runs. */
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64'

describeWith(DOCKER_DAEMON, 'with the daemon of docker', () => {
  let docker: DockerDaemon
  let registry: Awaited<ReturnType<typeof startEmbedded>>
  let ports: TestPorts
  let folder: string

  beforeAll(async () => {
    docker = await startDockerDaemon()
    registry = await startEmbedded()
    folder = mkdtempSync(path.join(tmpdir(), 'docker-test-'))
    const clock = {now: () => Date.now(), sleep: async () => await sleep(100)}
    ports = testPorts([registry], {exec: docker.exec, clock})
  })
  afterAll(async () => {
    ports.close()
    await registry.stop()
    await docker.stop()
    rmSync(folder, {recursive: true, force: true})
  })

  const run = async (...args: readonly string[]): Promise<string> => {
    const {exitCode, stdout, stderr} = await docker.exec('docker', args)
    if (exitCode !== 0) throw new Error(stderr)
    return stdout.trim()
  }

  itOnRootFilesystem(ARCHITECTURE)(
    'an image that it has is published as it is, and started from the registry',
    async () => {
      copyFileSync(rootFilesystem(ARCHITECTURE), path.join(folder, 'root.tar'))
      const lines = [
        'FROM scratch',
        'ADD root.tar /',
        'HEALTHCHECK --interval=1s CMD ["/bin/true"]',
        'CMD ["/bin/sleep", "60"]'
      ]
      writeFileSync(path.join(folder, 'Dockerfile'), lines.join('\n'))
      await run('build', '--quiet', '--tag', 'app:1', folder)
      const image = `${registry.host}/org/app`
      const texts = {
        plan: formatPlan(planOf({images: [image], version: '1.0.0', tags: []})),
        platforms: `linux/${ARCHITECTURE}`,
        source: 'docker-daemon:app:1'
      }
      const {digest} = await buildByDigest.run(parseInputs(buildByDigest.inputs, texts), ports)
      const {config} = await readContent(clientOf(ports, image), parseDigest(digest))
      const layers: unknown = JSON.parse(
        await run('image', 'inspect', '--format', '{{json .RootFS.Layers}}', 'app:1')
      )
      expect(config).toMatchObject({
        rootfs: {diff_ids: layers},
        config: {Healthcheck: {Test: ['CMD', '/bin/true']}}
      })
      const {release} = await merge(ports, {images: image, tags: '1.0.0', digests: digest})
      const given = {release, start: 'true', 'start-engine': 'docker', 'start-args': '--network=host'}
      const {checks} = await verifyRelease.run(parseInputs(verifyRelease.inputs, given), ports)
      expect(JSON.parse(checks)).toMatchObject([{kind: 'start', outcome: 'is healthy', faults: []}])
      expect(await run('ps', '--all', '--quiet')).toBe('')
    }
  )

  itOnRootFilesystem(ARCHITECTURE)('an image is loaded for its tests, run, and gone afterwards', async () => {
    const image = tarImage(rootFilesystem(ARCHITECTURE), ARCHITECTURE, 'docker')
    const built = {manifest: image.root, document: readManifest(image.root), blobs: image}
    const bench = new ImageWorkspace(
      built,
      {folder: path.join(folder, 'gates'), name: 'bench/run:1'},
      docker.exec
    )
    expect(await findEngine('auto', docker.exec)).toBe('docker')
    expect(await bench.load('docker')).toBe('bench/run:1')
    expect(await run('image', 'inspect', '--format', '{{.Id}}', 'bench/run:1')).toBe(
      `sha256:${hexOf(image.config)}`
    )
    expect(await run('run', '--rm', '--network=host', 'bench/run:1', '/bin/echo', 'it runs')).toBe('it runs')
    await bench.unload()
    expect(await run('images', '--quiet', 'bench/run')).toBe('')
  })
})
