import {CONFIG, DOCKERIGNORE, type RepositoryLook} from './repository-look.js'
import {settingsText} from './settings-file.js'

/** A file that is to be written. */
export interface PlannedFile {
  readonly file: string
  /** What is there; undefined where nothing does. */
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
  const services = servicesOf(look)
  const isOfServices = Object.keys(services).length > 0
  const [context] = look.containerfile === undefined && !isOfServices ? look.contexts : []
  const plan = {
    images: (isOfServices ? named.map(forServices) : named).join('\n'),
    file: isDeep ? look.containerfile : undefined,
    context,
    'version-file': look.versionFile,
    strategy: 'release'
  }
  return [
    {file: CONFIG, before: undefined, after: settingsText({plan, build: {}, services})},
    ...keptOutOfBuilds(look)
  ]
}

/** What was taken from folders with Containerfiles of their own, and has to be looked at. */
export function contextNotes(look: RepositoryLook): string[] {
  const {containerfile, contexts, config} = look
  if (contexts.length === 0 || config !== undefined) return []
  const services = servicesIn(contexts)
  if (containerfile !== undefined)
    return [
      `${contexts.join(', ')}: other folders with a Containerfile, perhaps of images of their own. If so, write images with {{service}} and services: {${Object.entries(
        services
      )
        .map(([name, context]) => `${name}: {context: ${context}}`)
        .join(', ')}} into ${CONFIG}.`
    ]
  const [only = ''] = contexts
  return contexts.length === 1
    ? [
        `The Containerfile is in ${only}, and that folder is taken for the context: if it copies from the root, write file: ${only}/… in place of build-context.`
      ]
    : [
        `${contexts.join(', ')}: each folder with a Containerfile becomes a service with an image of its own; take out in ${CONFIG} what is none.`
      ]
}

/** Services by name with their contexts, where several folders have Containerfiles and the usual places have none. */
function servicesOf({containerfile, contexts}: RepositoryLook): Readonly<Record<string, string>> {
  if (containerfile !== undefined || contexts.length < 2) return {}
  return servicesIn(contexts)
}

/** Folders as services: named by their last part, or by all parts where two would have one name. */
function servicesIn(contexts: readonly string[]): Readonly<Record<string, string>> {
  const short = contexts.map(folder => nameOf(folder.split('/').at(-1) ?? folder))
  const isTold = new Set(short).size === short.length
  return Object.fromEntries(
    contexts.map((folder, at) => [isTold ? (short[at] ?? folder) : nameOf(folder), folder])
  )
}

function nameOf(folder: string): string {
  return folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
}

function forServices(image: string): string {
  return image.includes('{{service}}') ? image : `${image}-{{service}}`
}

/** What this program keeps in the work tree would be part of a build, and change its digest. */
function keptOutOfBuilds({containerfile, dockerignore: before}: RepositoryLook): PlannedFile[] {
  if (containerfile === undefined) return []
  const lines = (before ?? '').split('\n').map(line => line.trim())
  if (lines.some(line => /^(?:\*\*\/|\/)?(?:\*\*?|\.\*|\.image-release\/?)$/.test(line))) return []
  const head = before === undefined || before === '' || before.endsWith('\n') ? (before ?? '') : `${before}\n`
  return [{file: DOCKERIGNORE, before, after: `${head}.image-release\n`}]
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
