import {type Node, type Scalar, isAlias, isMap, isScalar, isSeq} from 'yaml'
import {isSame, repositoryIn} from './deployed-image.js'
import type {ChangeOptions, ImagePlace} from './image-change.js'
import {formatImage, splitImage, wantedValue} from './image-value.js'
import type {KeyStep} from './manifest-entry.js'
import {isOf, scalarChange} from './place-writing.js'
import {imagesOf} from './target-choice.js'
import {formatRepository} from '../../oci/reference.js'
import {type YamlFile, lineAt, resolved, unfit, writtenText} from './yaml-text.js'

/** Labels and annotations are for others: those of Argo CD's Image Updater name images, too. */
const LEFT_ALONE = ['metadata', 'annotations', 'labels']

/** A manifest has at most some thousands of nodes; aliases within aliases can make billions of few. */
const MAX_NODES = 200_000

interface Field {
  readonly document: number
  readonly path: readonly KeyStep[]
  /** The value as it stands: a scalar, or an alias of one. */
  readonly value: Node
  readonly scalar: Scalar
}

/** Finds every field `image` of a manifest, in all its documents, that names a repository of the release. */
export function imageFieldPlaces(yaml: YamlFile, wish: ChangeOptions): ImagePlace[] {
  return imageFields(yaml).flatMap(field => placeOf(yaml, field, wish))
}

function imageFields(yaml: YamlFile): Field[] {
  let nodes = 0
  const fieldsIn = (value: unknown, document: number, path: readonly KeyStep[]): Field[] => {
    if (++nodes > MAX_NODES) throw unfit(yaml.file, `its aliases make more than ${MAX_NODES} values`)
    const node = resolved(yaml, document, value)
    if (isSeq(node)) return node.items.flatMap((item, row) => fieldsIn(item, document, [...path, row]))
    if (!isMap(node)) return []
    return node.items.flatMap(({key, value: held}) => {
      const name = isScalar(key) ? String(key.value) : ''
      if (LEFT_ALONE.includes(name)) return []
      const scalar = resolved(yaml, document, held)
      const isImage = name === 'image' && isScalar(scalar)
      return isImage
        ? [{document, path: [...path, name], value: (isAlias(held) ? held : scalar) as Node, scalar}]
        : fieldsIn(held, document, [...path, name])
    })
  }
  return yaml.documents.flatMap(({contents}, document) => fieldsIn(contents, document, []))
}

function placeOf(yaml: YamlFile, field: Field, {entry, images}: ChangeOptions): ImagePlace[] {
  const {document, path, value, scalar} = field
  const standing = splitImage((writtenText(scalar) ?? '').trim())
  const isNamed = entry.name !== undefined && isNamedBy(standing.name, entry.name)
  if (imagesOf(standing.name, images).length === 0 && !isNamed) return []
  return [
    {
      place: `line ${lineAt(yaml.text, value.range?.[0] ?? 0)}`,
      standing,
      isNamed,
      write: wanted => {
        const {image} = wanted
        const name = isOf(standing.name, image) ? standing.name : formatRepository(image.repository)
        const to = wantedValue(standing, {...wanted, name}, {tag: 'free', fillsDigest: false})
        return {to, changes: scalarChange(yaml, value, {document, path}, formatImage(to))}
      }
    }
  ]
}

/** Whether what a file calls an image is the name that an entry gives. */
export function isNamedBy(written: string, name: string): boolean {
  const [one, other] = [written, name].map(repositoryIn)
  return written === name || (one !== undefined && other !== undefined && isSame(one, other))
}
