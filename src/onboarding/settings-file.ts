import {stringify} from 'yaml'

/** Settings as the file has them: those of compute-tags, and those of build-by-digest in their section. */
export interface Settings {
  readonly plan: Readonly<Record<string, string | undefined>>
  readonly build: Readonly<Record<string, string>>
  /** The contexts of services, by their names; none for a repository of one image. */
  readonly services?: Readonly<Record<string, string>>
}

/** Inputs that are lists: a list is easier to change than a block of lines. */
const LISTS = ['images', 'tags', 'flavor', 'labels', 'annotations', 'build-args', 'platforms', 'cache']
/** What may hold commas in one item. */
const COMMAS = ['platforms']
const SCHEMA = 'https://raw.githubusercontent.com/org/image-release/v1/schema/image-release.schema.json'

/** The text of a new file of settings. */
export function settingsText({plan, build, services = {}}: Settings): string {
  const {images, ...others} = valuesOf(plan)
  const section = valuesOf(build)
  const document = {
    ...(images === undefined ? {} : {images}),
    ...others,
    ...(Object.keys(services).length === 0 ? {} : {services: contextsOf(services)}),
    ...(Object.keys(section).length === 0 ? {} : {'build-by-digest': section})
  }
  const head = [
    `# yaml-language-server: $schema=${SCHEMA}`,
    '# How the images of this repository are released; every key is an input of compute-tags.',
    '# What an event would do: image-release explain --all',
    ''
  ].join('\n')
  return head + stringify(document, {lineWidth: 0})
}

function contextsOf(services: Readonly<Record<string, string>>): Record<string, {context: string}> {
  return Object.fromEntries(Object.entries(services).map(([name, context]) => [name, {context}]))
}

function valuesOf(settings: Readonly<Record<string, string | undefined>>): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = {}
  for (const [name, text] of Object.entries(settings)) {
    if (text === undefined || text.trim() === '') continue
    values[name === 'context' ? 'build-context' : name] = LISTS.includes(name) ? itemsOf(name, text) : text
  }
  return values
}

function itemsOf(name: string, text: string): string[] {
  const items = text.split(COMMAS.includes(name) ? /[\n,]/ : '\n').map(item => item.trim())
  return items.filter(item => item !== '')
}
