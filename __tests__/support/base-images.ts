import {execFile} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {component, nodeBase, rootFilesystem} from './components.js'

/** Programs that the images have, which only say that they ran. */
const SAY_NAME = 'echo "${0##*/} $*"'
const STAND_INS = {python3: SAY_NAME, node: SAY_NAME, apk: SAY_NAME}

/**
 * Publishes images to build on: the file system of busybox for both platforms under one index, and that index under all
 * these names. They stand for the images of Docker Hub, which cannot be had where there is no internet.
 * @param env leads to the registry, and holds a login for it
 */
export async function publishBaseImages(
  names: readonly string[],
  env: Readonly<Record<string, string>>
): Promise<void> {
  await publishIndex(names, env, async folder => {
    const programs = await packPrograms(folder, STAND_INS)
    return architecture => [rootFilesystem(architecture), programs]
  })
}

/**
 * Publishes an image with the real Node and Git of each platform, and with a package manager that only says that it ran: what it
 * would install is there.
 */
export async function publishNodeBase(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  await publishIndex([name], env, async folder => {
    const programs = await packPrograms(folder, {apk: SAY_NAME})
    return architecture => [rootFilesystem(architecture), nodeBase(architecture), programs]
  })
}

/** @param prepare makes in a folder what all layers need; returns those of a platform */
async function publishIndex(
  names: readonly string[],
  env: Readonly<Record<string, string>>,
  prepare: (folder: string) => Promise<(architecture: string) => readonly string[]>
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'base-'))
  const crane = async (...args: string[]): Promise<unknown> =>
    await promisify(execFile)(component('crane'), args, {env: {...process.env, ...env}})
  const [first = '', ...others] = names
  const platforms = ['amd64', 'arm64'].map(architecture => `${first}-${architecture}`)
  try {
    const layersOf = await prepare(folder)
    for (const [index, architecture] of ['amd64', 'arm64'].entries()) {
      const tag = platforms[index] ?? ''
      const layers = layersOf(architecture).flatMap(file => ['-f', file])
      await crane('append', '--oci-empty-base', ...layers, '-t', tag)
      const settings = [
        '--set-platform',
        `linux/${architecture}`,
        '--env',
        'PATH=/usr/local/bin:/usr/bin:/bin'
      ]
      await crane('mutate', tag, ...settings, '-t', tag)
    }
    await crane('index', 'append', ...platforms.flatMap(tag => ['-m', tag]), '-t', first)
    await Promise.all(others.map(name => crane('copy', first, name)))
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

/**
 * Publishes an image that answers as BuildKit asks of one that makes bills of materials, with an empty one
 * (github.com/moby/buildkit, docs/attestations/sbom-protocol.md).
 */
export async function publishScanner(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'scanner-'))
  const crane = async (...args: string[]): Promise<unknown> =>
    await promisify(execFile)(component('crane'), args, {env: {...process.env, ...env}})
  try {
    const programs = await packPrograms(folder, {scan: SCAN})
    await crane('append', '--oci-empty-base', '-f', rootFilesystem('amd64'), '-f', programs, '-t', name)
    const settings = ['--set-platform', 'linux/amd64', '--entrypoint', '/usr/local/bin/scan']
    await crane('mutate', name, ...settings, '-t', name)
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

const STATEMENT = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v0.1',
  predicateType: 'https://spdx.dev/Document',
  predicate: {spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT', packages: []}
})

const SCAN = `/bin/echo '${STATEMENT}' > "$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json"`

async function packPrograms(folder: string, programs: Readonly<Record<string, string>>): Promise<string> {
  const target = path.join(folder, 'usr/local/bin')
  mkdirSync(target, {recursive: true})
  for (const [name, script] of Object.entries(programs)) {
    const file = path.join(target, name)
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
  }
  const archive = path.join(folder, 'programs.tar')
  await promisify(execFile)('tar', ['-C', folder, '--owner=0', '--group=0', '-cf', archive, 'usr'])
  return archive
}
