import {execFile} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {component, describeWith} from '../support/components.js'
import {PUBLISHER, type RunningRegistry, startEmbedded, startEmbeddedWith} from '../support/registries.js'

/** Programs that others wrote, so that the registry does not only please our own client. */
const REGISTRIES: readonly (readonly [string, () => Promise<RunningRegistry>])[] = [
  ['an open registry', () => startEmbedded()],
  ['a registry with relative Locations', () => startEmbedded({relativeLocations: true})],
  ['a registry with Basic authentication', () => startEmbeddedWith('basic')],
  ['a registry with tokens', () => startEmbeddedWith('token')]
]

const state = {folder: ''}
beforeAll(async () => {
  state.folder = await mkdtemp(path.join(tmpdir(), 'clients-'))
  await writeFile(path.join(state.folder, 'hello.txt'), 'hello')
  await run('tar', ['-C', state.folder, '-cf', path.join(state.folder, 'layer.tar'), 'hello.txt'])
})
afterAll(() => rm(state.folder, {recursive: true, force: true}))

describeWith(['crane'], 'crane', () => {
  describe.each(REGISTRIES)('and %s', (_what, start) => {
    it('push, copy, list, delete and pull', () =>
      withRegistry(start, async ({host}, crane) => {
        await crane('append', '--oci-empty-base', '-f', layer(), '-t', `${host}/a/b:amd64`)
        await crane('index', 'append', '-m', `${host}/a/b:amd64`, '-t', `${host}/a/b:v1`)
        await crane('copy', `${host}/a/b:v1`, `${host}/c:v1`)
        await crane('tag', `${host}/c:v1`, 'latest')
        const digests = [await crane('digest', `${host}/a/b:v1`), await crane('digest', `${host}/c:latest`)]
        expect(digests[0]).toBe(digests[1])
        expect(await crane('ls', `${host}/c`)).toBe('latest\nv1')
        expect(await crane('catalog', host)).toBe('a/b\nc')
        await crane('delete', `${host}/c:latest`)
        expect(await crane('ls', `${host}/c`)).toBe('v1')
        await crane('delete', `${host}/a/b@${digests[0] ?? ''}`)
        expect(await crane('ls', `${host}/a/b`)).toBe('amd64')
        await crane('validate', '--remote', `${host}/c:v1`)
        await crane('pull', '--format=oci', `${host}/c:v1`, path.join(state.folder, `pulled-${host}`))
      }))
  })
})

describeWith(['crane', 'skopeo'], 'skopeo', () => {
  describe.each(REGISTRIES)('and %s', (_what, start) => {
    it('push, copy, list, delete and pull', () =>
      withRegistry(start, async ({host}, crane, home) => {
        const skopeo = (...args: string[]): Promise<string> =>
          run(component('skopeo'), ['--insecure-policy', ...args], {
            REGISTRY_AUTH_FILE: path.join(home, 'config.json')
          })
        await crane('append', '--oci-empty-base', '-f', layer(), '-t', `${host}/a:v1`)
        const source = `dir:${path.join(home, 'image')}`
        await skopeo('copy', '--src-tls-verify=false', `docker://${host}/a:v1`, source)
        await skopeo(
          'copy',
          '--dest-tls-verify=false',
          '--preserve-digests',
          source,
          `docker://${host}/b/c:v2`
        )
        await skopeo(
          'copy',
          '--dest-tls-verify=false',
          '--format',
          'v2s2',
          source,
          `docker://${host}/b/c:docker`
        )
        const inspected = await skopeo('inspect', '--tls-verify=false', `docker://${host}/b/c:v2`)
        expect(JSON.parse(inspected)).toMatchObject({
          Digest: await crane('digest', `${host}/a:v1`),
          RepoTags: ['docker', 'v2']
        })
        await skopeo('delete', '--tls-verify=false', `docker://${host}/b/c:v2`)
        const left = await skopeo('list-tags', '--tls-verify=false', `docker://${host}/b/c`)
        expect(JSON.parse(left)).toMatchObject({Tags: ['docker']})
      }))
  })
})

type Run = (...args: string[]) => Promise<string>

async function withRegistry(
  start: () => Promise<RunningRegistry>,
  work: (registry: RunningRegistry, crane: Run, home: string) => Promise<void>
): Promise<void> {
  const registry = await start()
  const home = await mkdtemp(path.join(state.folder, 'home-'))
  const auth = Buffer.from(`${PUBLISHER.username}:${PUBLISHER.password}`).toString('base64')
  const auths = registry.credential ? {[registry.host]: {auth}} : {}
  await writeFile(path.join(home, 'config.json'), JSON.stringify({auths}))
  try {
    await work(registry, (...args) => run(component('crane'), args, {DOCKER_CONFIG: home}), home)
  } finally {
    await registry.stop()
  }
}

function layer(): string {
  return path.join(state.folder, 'layer.tar')
}

async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {}
): Promise<string> {
  const {stdout} = await promisify(execFile)(program, args, {env: {...process.env, ...env}})
  return stdout.trim()
}
