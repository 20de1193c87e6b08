import {execFile} from 'node:child_process'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {component, rootFilesystem} from './components.js'

/** Programs that the images have, which only say that they ran. */
const STAND_INS = ['python3', 'node']

/**
 * Publishes images to build on: the file system of busybox for both platforms under one index, and that index under all
 * these names. They stand for the images of Docker Hub, which cannot be had where there is no internet.
 * @param env leads to the registry, and holds a login for it
 */
export async function publishBaseImages(
  names: readonly string[],
  env: Readonly<Record<string, string>>
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'base-'))
  const crane = async (...args: string[]): Promise<unknown> =>
    await promisify(execFile)(component('crane'), args, {env: {...process.env, ...env}})
  const [first = '', ...others] = names
  const platforms = ['amd64', 'arm64'].map(architecture => `${first}-${architecture}`)
  try {
    const programs = await packStandIns(folder)
    for (const [index, architecture] of ['amd64', 'arm64'].entries()) {
      const tag = platforms[index] ?? ''
      await crane('append', '--oci-empty-base', '-f', rootFilesystem(architecture), '-f', programs, '-t', tag)
      const settings = ['--set-platform', `linux/${architecture}`, '--env', 'PATH=/usr/local/bin:/bin']
      await crane('mutate', tag, ...settings, '-t', tag)
    }
    await crane('index', 'append', ...platforms.flatMap(tag => ['-m', tag]), '-t', first)
    await Promise.all(others.map(name => crane('copy', first, name)))
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

async function packStandIns(folder: string): Promise<string> {
  const programs = path.join(folder, 'usr/local/bin')
  mkdirSync(programs, {recursive: true})
  for (const name of STAND_INS) {
    const file = path.join(programs, name)
    writeFileSync(file, '#!/bin/sh\necho "${0##*/} $*"\n')
    chmodSync(file, 0o755)
  }
  const archive = path.join(folder, 'programs.tar')
  await promisify(execFile)('tar', ['-C', folder, '--owner=0', '--group=0', '-cf', archive, 'usr'])
  return archive
}
