import {describe, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {scriptedExec} from '../support/builder-ports.js'
import {testPorts} from '../support/ports.js'
import {failureOf} from '../support/thrown.js'

/** The docker of a hosted Windows runner: it runs containers of Windows, and exports nothing. */
const DOCKER = {
  'docker buildx version': 'github.com/docker/buildx v0.33.0 abc\n',
  'docker buildx inspect': 'Name: default\nDriver: docker\n\nStatus: running\nPlatforms: windows/amd64\n'
}

describe('a build for Linux on a runner of another system', () => {
  const build = async (system: string | undefined, script: Parameters<typeof scriptedExec>[0]) => {
    const ports = testPorts([], {
      exec: scriptedExec(script),
      environment: name => (name === 'RUNNER_OS' ? system : undefined)
    })
    const texts = {images: 'registry.example/o/app', platforms: 'linux/amd64', context: 'examples/hello'}
    return await failureOf(() => buildByDigest.run(parseInputs(buildByDigest.inputs, texts), ports))
  }

  it.each([
    ['Windows', DOCKER],
    ['macOS', {}]
  ])('is refused on %s by name, with what to do', async (system, script) => {
    const error = await build(system, script)
    expect(error).toMatchObject({
      code: 'RUNNER_UNSUPPORTED',
      message: expect.stringContaining(`this runner is ${system}, and linux/amd64 cannot be built on it`)
    })
    expect(error.hint).toMatch(/runs-on: ubuntu-24\.04.*remote/)
  })

  it.each(['Linux', undefined])('is a builder that is missing on %s', async system => {
    expect((await build(system, {})).code).toBe('BUILDER_MISSING')
  })
})
