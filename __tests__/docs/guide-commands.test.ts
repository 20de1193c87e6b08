import {spawnSync} from 'node:child_process'
import {chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {DockerfileParser} from 'dockerfile-ast'
import {publishBaseImages} from '../support/base-images.js'
import {type CommandLine, commandLine, runScript} from '../support/command-line.js'
import {componentPath, describeWith} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type Internet, startInternet} from '../support/internet.js'
import {DISTRIBUTION_3} from '../support/registries.js'
import {type VendorRegistry, startVendorRegistry} from '../support/vendor-registries.js'
import {anchorOf, readDocument} from './documents.js'

const EXAMPLES = path.resolve(import.meta.dirname, '../../examples')

/** The text below a heading of a document, up to the next one. */
function sectionOf(document: string, heading: string): string {
  const sections = (readDocument(document) ?? '').split(/^(?=## )/m)
  const found = sections.find(
    section => anchorOf(section.split('\n')[0]?.slice(3) ?? '') === anchorOf(heading)
  )
  if (found === undefined) throw new Error(`${document} has no section ${heading}`)
  return found
}

/** The first block of shell commands of a section. */
function commandsOf(document: string, heading: string): string {
  const [, commands] = /^```sh\n([^]*?)^```$/m.exec(sectionOf(document, heading)) ?? []
  if (commands === undefined) throw new Error(`${heading} of ${document} shows no commands`)
  return commands
}

const PROGRAMS = ['buildah', 'podman', 'crane', 'git', 'make', 'python3', ...DISTRIBUTION_3]

describeWith(PROGRAMS, 'the commands of a guide, in the repository that it is about', () => {
  let program: CommandLine
  let storage: ContainerStorage
  let hub: VendorRegistry
  let internet: Internet
  let root: string
  let env: Readonly<Record<string, string>>

  beforeAll(async () => {
    program = commandLine()
    storage = makeContainerStorage()
    root = mkdtempSync(path.join(tmpdir(), 'guides-'))
    hub = await startVendorRegistry('docker.io', 'octo/app')
    internet = await startInternet(hub.sites)
    // As the package podman-docker has it: what a guide writes for docker is done by podman.
    const bin = path.join(root, 'bin')
    mkdirSync(bin)
    for (const name of ['docker', 'podman']) {
      writeFileSync(path.join(bin, name), `#!/bin/sh\n${storage.podman}\n`)
      chmodSync(path.join(bin, name), 0o755)
    }
    const auth = Buffer.from(`${hub.credential.username}:${hub.credential.password}`).toString('base64')
    writeFileSync(
      path.join(root, 'config.json'),
      JSON.stringify({auths: {'https://index.docker.io/v1/': {auth}, 'docker.io': {auth}}})
    )
    env = {
      ...internet.env,
      ...storage.env,
      DOCKER_CONFIG: root,
      REGISTRY_AUTH_FILE: path.join(root, 'config.json'),
      PATH: [program.path, bin, componentPath].join(path.delimiter)
    }
    const bases = ['python:3.11-slim', 'python:3.13.0-alpine3.19']
    await publishBaseImages(
      bases.map(name => `docker.io/library/${name}`),
      env
    )
  }, 60_000)
  afterAll(async () => {
    await internet.stop()
    await hub.stop()
    storage.remove()
    program.remove()
    rmSync(root, {recursive: true, force: true})
  })

  /** A clone of an example's repository. */
  const clone = (example: string): string => {
    const folder = path.join(root, example)
    cpSync(path.join(EXAMPLES, example), folder, {recursive: true})
    for (const args of [
      ['init', '--quiet', '--initial-branch=main'],
      ['add', '.'],
      ['-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '--quiet', '-m', 'first']
    ])
      spawnSync('git', ['-C', folder, ...args])
    return folder
  }
  const run = async (script: string, cwd: string): Promise<string> => {
    const {exitCode, stdout, stderr} = await runScript(`set -e\n${script}`, {
      cwd,
      env: {...env, IMAGE_RELEASE_BUILDER: 'buildah', IMAGE_RELEASE_FORMAT: 'docker'}
    })
    if (exitCode !== 0) throw new Error(`exit ${exitCode}\n${stdout}\n${stderr}`)
    return stdout
  }

  it('build and test one cell of a matrix', async () => {
    const folder = clone('002-opencrate')
    await run('python3 docker/dockerfile.py', folder)
    const commands = commandsOf('docs/guides/tested-before-tagged.md', 'Reproduce one cell')
    expect(await run(commands, folder)).toContain('passed: cuda-py3.11')
  }, 120_000)

  it('load a stage between, to look into it', async () => {
    const folder = clone('003-inclusive-world-portal')
    const commands = commandsOf('docs/guides/environments-and-gitops.md', 'Debugging a build')
    const inside = commands.replace('-it app:debug sh', 'app:debug sh -c "ls /build && ls /opt/venv"')
    const said = await run(inside, folder)
    expect(said.split('\n')).toEqual(expect.arrayContaining(['portal', 'pyproject.toml']))
  }, 120_000)
})

describe('what a guide says of a file', () => {
  it('holds of the Containerfile whose layers are kept: what changes seldom is copied first', () => {
    const guide = sectionOf('docs/guides/two-registries.md', 'A Containerfile whose layers are kept')
    const [, shown = ''] = /^```\w*\n([^]*?)^```$/m.exec(guide) ?? []
    const example = readDocument('examples/001-metro/Containerfile') ?? ''
    for (const text of [shown, example]) {
      const copied = DockerfileParser.parse(text)
        .getCOPYs()
        .map(copy => copy.getArgumentsContent() ?? '')
      expect(copied[0]).toMatch(/^package\.json /)
      expect(copied.length).toBeGreaterThan(1)
    }
  })
})
