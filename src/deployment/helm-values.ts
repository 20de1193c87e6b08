import {type Node, type YAMLMap, isAlias, isMap, isScalar, isSeq} from 'yaml'
import {formatRepository} from '../oci/reference.js'
import {type DeployedImage, isNewer, isSame, pinOf, repositoryIn} from './deployed-image.js'
import type {ChangeWish, ImagePlace} from './image-change.js'
import {imageNamed, onlyTarget} from './image-match.js'
import type {KeyStep} from './manifest-entry.js'
import {
  type TextEdit,
  type YamlFile,
  insertBehind,
  onlyMap,
  pairIn,
  scalarEdit,
  unfit,
  writtenText
} from './yaml-text.js'

/** What a value of a chart says of an image. */
type Meaning = 'tag' | 'digest' | 'registry' | 'repository' | 'reference'

/** By the last word of a key; charts have no schema for this, but these are what `helm create` and Bitnami write. */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/digest$/i, 'digest'],
  [/registry$/i, 'registry'],
  [/(repository|name)$/i, 'repository'],
  [/(tag|version)$/i, 'tag'],
  [/(image|img|reference|ref)$/i, 'reference']
]

/**
 * Finds what the key of an entry leads to: one value, whose name says what it is, or a map with repository, tag, digest
 * and registry.
 */
export function helmPlaces(yaml: YamlFile, wish: ChangeWish): ImagePlace[] {
  const {entry, images} = wish
  const node = nodeAt(yaml, entry.key)
  const name = entry.key.map(String).join('.')
  const image = namedImage(node, images) ?? onlyTarget(images)
  if (image === undefined)
    throw unfit(yaml.file, `${name} may be of any of the targets; say which: ,target=NAME`)
  const place = {target: image.target, place: name}
  if (isMap(node)) return [{...place, ...mapChange(yaml, node, image, wish)}]
  const last = entry.key.findLast(step => typeof step === 'string') ?? ''
  const meaning = MEANINGS.find(([pattern]) => pattern.test(last))?.[1]
  if (meaning === undefined)
    throw unfit(
      yaml.file,
      `${name} does not say what it is: name a key that ends in tag, digest, repository or image`
    )
  return [{...place, ...valueChange(yaml, {node, meaning}, image, wish)}]
}

type Change = Pick<ImagePlace, 'from' | 'to' | 'edits' | 'isKept'>

/** The way must be there: a key with a slip of the pen would be added and do nothing. */
function nodeAt(yaml: YamlFile, steps: readonly KeyStep[]): Node {
  let node: unknown = onlyMap(yaml)
  steps.forEach((step, position) => {
    const pair = isMap(node) ? pairIn(node, String(step)) : undefined
    const item: unknown = isSeq(node) && typeof step === 'number' ? node.items[step] : pair?.value
    if (item === undefined || isAlias(item)) {
      const way = steps
        .slice(0, position + 1)
        .map(String)
        .join('.')
      throw unfit(
        yaml.file,
        isAlias(item) ? `${way} is an alias; name the key of its anchor` : `it has no key ${way}`
      )
    }
    node = item
  })
  return node as Node
}

/** Where the values name a repository of the release, that one: it stays on its registry. */
function namedImage(node: Node, images: readonly DeployedImage[]): DeployedImage | undefined {
  if (!isMap(node)) return imageNamed(writtenText(node) ?? '', images, undefined)
  const [registry, repository] = ['registry', 'repository'].map(key => writtenText(pairIn(node, key)?.value))
  return imageNamed([registry, repository].filter(Boolean).join('/'), images, undefined)
}

function valueChange(
  yaml: YamlFile,
  {node, meaning}: {readonly node: Node; readonly meaning: Meaning},
  image: DeployedImage,
  {pin, allowBackward}: ChangeWish
): Change {
  const from = writtenText(node) ?? ''
  const to = valueOf(image, meaning, {from, pin, hasRegistry: false})
  const isKept = !allowBackward && isNewer(tagIn(from, meaning), image.tag)
  return {from, to, isKept, edits: isKept || isThere(node, to) ? [] : [scalarEdit(yaml, node, to)]}
}

interface Present {
  readonly from: string
  readonly pin: ChangeWish['pin']
  /** Whether the registry has a key of its own. */
  readonly hasRegistry: boolean
}

function valueOf(image: DeployedImage, meaning: Meaning, {from, pin, hasRegistry}: Present): string {
  const {repository, digest} = image
  switch (meaning) {
    case 'digest':
      return digest
    case 'registry':
      return repository.registry
    case 'repository':
      return repositoryText(image, from, hasRegistry)
    case 'tag':
      return tagText(image, from, pin)
    case 'reference':
      return `${repositoryText(image, from.replace(/@.*$|:[^/]*$/g, ''), false)}${pinOf(image, pin)}`
  }
}

/** Charts that know no digest take it behind the tag. */
function tagText({tag, digest}: DeployedImage, from: string, pin: ChangeWish['pin']): string {
  const name = tag ?? from.replace(/@.*$/, '')
  return from.includes('@') || pin !== 'tag' ? `${name}@${digest}` : name
}

/** As it is written, where it is the same repository. */
function repositoryText({repository}: DeployedImage, from: string, hasRegistry: boolean): string {
  if (hasRegistry) return repository.name
  const written = repositoryIn(from)
  return written !== undefined && isSame(written, repository) ? from : formatRepository(repository)
}

function tagIn(from: string, meaning: Meaning): string {
  if (meaning === 'tag') return from.replace(/@.*$/, '')
  if (meaning !== 'reference') return ''
  return /:([^/:@]+)(?:@.*)?$/.exec(from.replace(/@.*$/, ''))?.[1] ?? ''
}

/** The keys of an image that stand there are brought up to date; what the pin needs and is missing is added. */
function mapChange(
  yaml: YamlFile,
  map: YAMLMap,
  image: DeployedImage,
  {pin, allowBackward}: ChangeWish
): Change {
  const written = (key: string): string => writtenText(pairIn(map, key)?.value) ?? ''
  const has = (key: string): boolean => pairIn(map, key) !== undefined
  const hasRegistry = has('registry')
  const values = (['registry', 'repository', 'tag', 'digest'] as const)
    .filter(key => has(key) || isNeeded(key, pin))
    .filter(key => key !== 'tag' || image.tag !== undefined)
    .map(key => [key, valueOf(image, key, {from: written(key), pin: 'tag', hasRegistry})] as const)
  const isKept = !allowBackward && isNewer(tagIn(written('tag'), 'tag'), image.tag)
  const describe = (of: (key: string) => string): string =>
    ['registry', 'repository', 'tag', 'digest'].map(of).filter(Boolean).join(' ')
  return {
    from: describe(written),
    to: describe(key => values.find(([one]) => one === key)?.[1] ?? written(key)),
    isKept,
    edits: isKept ? [] : values.flatMap(([key, value]) => keyEdit(yaml, map, [key, value]))
  }
}

function isNeeded(key: string, pin: ChangeWish['pin']): boolean {
  return (key === 'tag' && pin !== 'digest') || (key === 'digest' && pin !== 'tag')
}

function keyEdit(yaml: YamlFile, map: YAMLMap, [key, value]: readonly [string, string]): TextEdit[] {
  const pair = pairIn(map, key)
  if (pair !== undefined) return isThere(pair.value, value) ? [] : [scalarEdit(yaml, pair.value, value)]
  const sibling = ['tag', 'repository', 'registry']
    .map(one => pairIn(map, one))
    .find(one => isScalar(one?.value))
  if (sibling === undefined) throw unfit(yaml.file, `there is nothing beside which ${key} could be added`)
  return [insertBehind(yaml, map, sibling, [key, value])]
}

/** A number that is written like the text is not the text. */
function isThere(node: unknown, value: string): boolean {
  return isScalar(node) && node.value === value
}
