import path from 'node:path'
import {isOpen} from './expression-text.js'
import type {FoundFile, NamedFiles} from './found-file.js'
import {parseWorkflowText} from './workflow-text.js'
import {objectIn} from '../shared/json.js'

/** Where GoReleaser looks for its configuration, in its order. */
const DEFAULTS = ['.config/goreleaser', '.goreleaser', 'goreleaser'].flatMap(name => [
  `${name}.yml`,
  `${name}.yaml`
])
/** Sections that publish images, and what of --skip leaves them out. */
const SECTIONS: Readonly<Record<string, string>> = {
  dockers: 'docker',
  dockers_v2: 'docker',
  docker_manifests: 'docker',
  kos: 'ko'
}
/** Sections that bring in what stands elsewhere, or run whatever stands in them. */
const OPEN = ['includes', 'publishers', 'monorepo']

/** One call of GoReleaser: what stands behind its name, and the folder that it works in. */
export interface GoreleaserCall {
  readonly args: string
  readonly folder: string
}

/** The files that calls of GoReleaser in these workflows may be configured by. */
export function goreleaserFiles(workflows: readonly FoundFile[]): string[] {
  const texts = workflows.map(({text}) => text).filter(text => /goreleaser/i.test(text))
  if (texts.length === 0) return []
  const folders = texts.flatMap(text =>
    [...text.matchAll(/\bworkdir:\s*['"]?([\w./-]+)/g)].map(([, at = '']) => at)
  )
  const named = texts.flatMap(text =>
    [...text.matchAll(/(?:--config|\s-f)[=\s]+['"]?([\w./-]+)/g)].map(([, file = '']) => file)
  )
  return ['.', ...folders].flatMap(folder =>
    [...DEFAULTS, ...named].map(file => path.posix.join(folder, file))
  )
}

/**
 * Whether a call of GoReleaser publishes images: by its configuration, and by what it is told to leave out. One whose
 * configuration cannot be read counts as one that does.
 * @returns why it is taken to publish; undefined where it makes archives, packages and the like only
 */
export function imagesOfGoreleaser({args, folder}: GoreleaserCall, files: NamedFiles): string | undefined {
  const words = args.replaceAll(/\$\{\{.*?\}\}/gs, '').split(/\s+/)
  if (/--snapshot\b/.test(args) || ['check', 'build', 'healthcheck', 'init'].includes(words[0] ?? ''))
    return undefined
  const skipped = [...args.matchAll(/--skip[=\s]+([\w,-]+)/g)].flatMap(([, list = '']) => list.split(','))
  if (skipped.includes('publish') || /--skip-(?:publish|docker)\b/.test(args)) return undefined
  const [, named] = /(?:--config|(?:^|\s)-f)[=\s]+['"]?([^\s'"]+)/.exec(args) ?? []
  if (isOpen(folder) || (named !== undefined && isOpen(named))) return 'only a run can tell its configuration'
  const places = (named === undefined ? DEFAULTS : [named]).map(file => path.posix.join(folder, file))
  const file = places.find(one => files.has(one))
  if (file === undefined) return `its configuration ${named ?? DEFAULTS[2]} is not here`
  const document = parseWorkflowText(files.get(file) ?? '')
  if (document === undefined) return `${file} cannot be read`
  const settings = objectIn(document.toJS() as unknown)
  const found = Object.keys(settings).find(
    name =>
      OPEN.includes(name) ||
      (SECTIONS[name] !== undefined && isFilled(settings[name]) && !skipped.includes(SECTIONS[name]))
  )
  return found === undefined ? undefined : `${file} has ${found}`
}

function isFilled(section: unknown): boolean {
  return Array.isArray(section) ? section.length > 0 : section !== null && section !== undefined
}
