import {type Node, isMap, isScalar, isSeq} from 'yaml'
import {pinOf, isNewer} from './deployed-image.js'
import type {ChangeWish, ImagePlace} from './image-change.js'
import {imageNamed} from './image-match.js'
import {type YamlFile, lineOf, scalarEdit, writtenText} from './yaml-text.js'

/** Labels and annotations are for others: those of Argo CD's Image Updater name images, too. */
const LEFT_ALONE = ['metadata', 'annotations', 'labels']

/** Finds every field `image` of a manifest, in all its documents, that names a repository of the release. */
export function imageFieldPlaces(yaml: YamlFile, wish: ChangeWish): ImagePlace[] {
  return yaml.documents.flatMap(({contents}) => fieldsIn(contents)).flatMap(node => placeOf(yaml, node, wish))
}

function fieldsIn(node: unknown): Node[] {
  if (isSeq(node)) return node.items.flatMap(fieldsIn)
  if (!isMap(node)) return []
  return node.items.flatMap(({key, value}) => {
    const name = isScalar(key) ? key.value : undefined
    if (LEFT_ALONE.some(one => one === name)) return []
    return name === 'image' && isScalar(value) ? [value] : fieldsIn(value)
  })
}

function placeOf(yaml: YamlFile, node: Node, wish: ChangeWish): ImagePlace[] {
  const {entry, images, pin, allowBackward} = wish
  const from = writtenText(node) ?? ''
  const image = imageNamed(from, images, entry.name)
  if (image === undefined) return []
  const {path, tag} = splitReference(from)
  const isOther = imageNamed(path, [image], undefined) === undefined
  const name = isOther ? `${image.repository.registry}/${image.repository.name}` : path
  const to = name + pinOf(image, pin)
  const isKept = !allowBackward && isNewer(tag, image.tag)
  return [
    {
      target: image.target,
      place: `line ${lineOf(yaml.text, node.range?.[0] ?? 0)}`,
      from,
      to,
      edits: isKept || from === to ? [] : [scalarEdit(yaml, node, to)],
      isKept
    }
  ]
}

/** The repository as it is written, so that `org/app` does not become `docker.io/org/app`. */
function splitReference(text: string): {path: string; tag: string} {
  const [named = ''] = text.split('@')
  const [, path = named, tag = ''] = /^(.*):([^/:]*)$/.exec(named) ?? []
  return {path, tag}
}
