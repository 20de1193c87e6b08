import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {component} from './components.js'

/** What crane, which knows nothing of this project, sees of a registry. */
export interface RegistryView {
  /** The tags of a repository, sorted; none where there is no such repository. */
  tags(image: string): Promise<readonly string[]>
  /** The digest that a tag or digest resolves to; undefined where it does not. */
  digest(reference: string): Promise<string | undefined>
  /** The platforms of an index, sorted. */
  platforms(reference: string): Promise<readonly string[]>
  /** The config of a platform's image. */
  config(reference: string, platform: string): Promise<ImageConfig>
}

/** The part of an image's config that tests look at. */
export interface ImageConfig {
  readonly architecture: string
  readonly config: {
    readonly Labels?: Readonly<Record<string, string>>
    readonly Healthcheck?: object
    readonly User?: string
  }
}

/** @param env leads to the registries, and holds the logins */
export function viewRegistries(env: Readonly<Record<string, string>>): RegistryView {
  const crane = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(component('crane'), args, {env: {...process.env, ...env}})).stdout.trim()
  const orNothing = async (...args: string[]): Promise<string | undefined> => {
    try {
      return await crane(...args)
    } catch {
      return undefined
    }
  }
  return {
    tags: async image => ((await orNothing('ls', image)) ?? '').split('\n').filter(Boolean).sort(),
    digest: async reference => await orNothing('digest', reference),
    async platforms(reference) {
      const {manifests} = JSON.parse(await crane('manifest', reference)) as {
        manifests: {platform: {os: string; architecture: string}}[]
      }
      return manifests.map(({platform: {os, architecture}}) => `${os}/${architecture}`).sort()
    },
    config: async (reference, platform) =>
      JSON.parse(await crane('config', '--platform', platform, reference)) as ImageConfig
  }
}
