import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {component, componentPath} from './components.js'
import type {RunningRegistry} from './registries.js'

/** What the config of a pulled image says. */
export interface PulledConfig {
  readonly os: string
  readonly architecture: string
  readonly config: Readonly<Record<string, unknown>>
}

/** Programs that read registries and know nothing of this project. */
export interface IndependentReader {
  /** The digest that a tag resolves to; undefined where it does not. */
  digest(image: string, tag: string): Promise<string | undefined>
  tags(image: string): Promise<string[]>
  /** Pulls one platform, all layers, and gives its config. */
  pull(image: string, tag: string, platform: string): Promise<PulledConfig>
  /** What `docker buildx imagetools inspect` says of an image. */
  inspect(reference: string): Promise<string>
  /** Pulls with podman, and gives the platform of what came. */
  podmanPull(reference: string, platform: string): Promise<string>
  remove(): void
}

/** crane for digests and tags, skopeo for pulls, with the logins of these registries. */
export function independentReader(
  registries: readonly RunningRegistry[],
  storage: Readonly<Record<string, string>> = {}
): IndependentReader {
  const folder = mkdtempSync(path.join(tmpdir(), 'reader-'))
  const auths = registries.map(({host, credential}): [string, {auth?: string}] => [
    host,
    credential ? {auth: Buffer.from(`${credential.username}:${credential.password}`).toString('base64')} : {}
  ])
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({auths: Object.fromEntries(auths)}))
  const env = {
    ...process.env,
    ...storage,
    PATH: componentPath,
    DOCKER_CONFIG: folder,
    REGISTRY_AUTH_FILE: path.join(folder, 'config.json')
  }
  // Not synchronous: the registry that is read may be in this process.
  const run = async (program: string, ...args: string[]): Promise<string> =>
    (await promisify(execFile)(component(program), args, {env})).stdout.trim()
  return {
    async digest(image, tag) {
      try {
        return await run('crane', 'digest', `${image}:${tag}`)
      } catch {
        return undefined
      }
    },
    tags: async image => (await run('crane', 'ls', image)).split('\n').filter(Boolean).sort(),
    async pull(image, tag, platform) {
      const [os = '', architecture = ''] = platform.split('/')
      const target = mkdtempSync(path.join(folder, 'pull-'))
      const source = ['--src-tls-verify=false', '--override-os', os, '--override-arch', architecture]
      await run('skopeo', 'copy', '--quiet', ...source, `docker://${image}:${tag}`, `dir:${target}`)
      const manifest = JSON.parse(readFileSync(path.join(target, 'manifest.json'), 'utf8')) as {
        config: {digest: string}
      }
      const config = readFileSync(path.join(target, manifest.config.digest.replace('sha256:', '')), 'utf8')
      return JSON.parse(config) as PulledConfig
    },
    async inspect(reference) {
      const plugins = path.join(folder, 'cli-plugins')
      mkdirSync(plugins, {recursive: true})
      copyFileSync(component('docker-buildx'), path.join(plugins, 'docker-buildx'))
      return await run('docker', 'buildx', 'imagetools', 'inspect', reference)
    },
    async podmanPull(reference, platform) {
      const id = await run(
        'podman',
        'pull',
        '--quiet',
        '--tls-verify=false',
        '--platform',
        platform,
        reference
      )
      return await run('podman', 'image', 'inspect', '--format', '{{.Os}}/{{.Architecture}}', id)
    },
    remove: () => rmSync(folder, {recursive: true, force: true})
  }
}
