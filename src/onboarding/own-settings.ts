import {CONFIG, type RepositoryLook} from './repository-look.js'
import {settingsText} from './settings-file.js'

/** A file that is to be written. */
export interface PlannedFile {
  readonly file: string
  /** What stands there; undefined where nothing does. */
  readonly before: string | undefined
  readonly after: string
}

/** What settings are made of that is not to be seen in the files of a repository. */
export interface SettingsFacts {
  /** Repositories of the image; none where the source is to say them. */
  readonly images: readonly string[]
  /** `owner/name` of the source; undefined where no remote says it. */
  readonly source: string | undefined
}

/** Settings that are there are not touched: somebody wrote them. */
export function ownSettings(look: RepositoryLook, {images, source}: SettingsFacts): PlannedFile[] {
  if (look.config !== undefined) return []
  const named = images.length > 0 ? images : [`ghcr.io/${(source ?? 'owner/name').toLowerCase()}`]
  const isDeep = look.containerfile?.includes('/') === true
  const plan = {
    images: named.join('\n'),
    file: isDeep ? look.containerfile : undefined,
    'version-file': look.versionFile,
    strategy: 'release'
  }
  return [{file: CONFIG, before: undefined, after: settingsText({plan, build: {}})}]
}

/** The registries that forges have for the repositories that lie there. */
const REGISTRIES: ReadonlyMap<string, string> = new Map([
  ['github.com', 'ghcr.io'],
  ['gitlab.com', 'registry.gitlab.com']
])

/** Where the image of a repository goes by its remote; undefined where that says nothing of a registry. */
export function imageOfRemote(host: string | undefined, source: string | undefined): string | undefined {
  const registry = REGISTRIES.get(host ?? '')
  return registry === undefined || source === undefined ? undefined : `${registry}/${source.toLowerCase()}`
}
