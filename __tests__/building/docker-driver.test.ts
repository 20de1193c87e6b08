import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, it, jest} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {describeWith} from '../support/components.js'
import {plugInBuildx} from '../support/container-buildkit.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {DOCKER_DAEMON, type DockerDaemon, startDockerDaemon} from '../support/docker-daemon.js'
import {testPorts} from '../support/ports.js'

jest.setTimeout(60_000)

// What a runner has that nobody has made a builder on: docker's own, which exports no layout, and pushes nothing by digest.
describeWith([...DOCKER_DAEMON, 'docker-buildx', 'buildah'], 'buildx with its driver docker alone', () => {
  let docker: DockerDaemon
  let folder: string
  let storage: ContainerStorage
  const calls: string[] = []

  beforeAll(async () => {
    docker = await startDockerDaemon()
    storage = makeContainerStorage()
    folder = mkdtempSync(path.join(tmpdir(), 'driver-'))
    writeFileSync(path.join(folder, 'Containerfile'), 'FROM scratch\nCOPY Containerfile /\n')
  })
  afterAll(async () => {
    await docker.stop()
    storage.remove()
    rmSync(folder, {recursive: true, force: true})
  })

  const build = async (texts: Readonly<Record<string, string>>) => {
    const variables = {
      DOCKER_HOST: docker.address,
      DOCKER_CONFIG: path.join(folder, 'docker'),
      ...storage.env
    }
    const run = execWithEnvironment(variables)
    calls.length = 0
    const ports = testPorts([], {
      exec: async (command, args, options) => {
        calls.push([command, ...args].join(' '))
        return await run(command, args, options)
      }
    })
    const all = {
      images: 'registry.invalid/o/app',
      platforms: `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
      context: folder,
      push: 'false',
      ...texts
    }
    try {
      await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
      return ports.reporter.lines
    } finally {
      ports.close()
    }
  }
  const hasBuilt = (): boolean =>
    calls.some(call => /^(?:docker|docker-buildx|buildah|podman)(?: buildx)? build /.test(call))

  it('is refused before the build, with what it lacks and how a builder is made that can', async () => {
    plugInBuildx({DOCKER_CONFIG: path.join(folder, 'docker')})
    await expect(build({builder: 'buildx'})).rejects.toMatchObject({
      code: 'BUILDER_MISSING',
      message:
        'builder buildx: the builder default of buildx cannot be used: its driver docker cannot export an image as a layout',
      hint: expect.stringContaining('docker buildx create --use')
    })
    expect(hasBuilt()).toBe(false)
  })

  it('is passed over by auto for the next that can do what is asked, which is said', async () => {
    const lines = await build({builder: 'auto'})
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^Builder: buildah .* is used; the builder default of buildx cannot be used: its driver docker /
      )
    )
    expect(hasBuilt()).toBe(true)
  })

  it('is named where no other can do what is asked', async () => {
    await expect(build({builder: 'auto', provenance: 'mode=max'})).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      issues: [
        {
          input: 'provenance',
          message: expect.stringMatching(
            /only buildx\..*the builder default of buildx cannot be used: its driver docker cannot export/
          )
        }
      ]
    })
    expect(hasBuilt()).toBe(false)
  })
})
