import {ReleaseError} from '../../errors.js'
import {nearest} from '../../shared/did-you-mean.js'

const KINDS = ['kustomize', 'helm', 'image', 'argocd'] as const

/** How a file names images. */
export type ManifestKind = (typeof KINDS)[number]

/** A step of a way into a YAML document: a key, or a position. */
export type KeyStep = string | number

/** Where images are named in a repository of manifests. */
export interface ManifestEntry {
  readonly kind: ManifestKind
  /** From the root of the repository. */
  readonly file: string
  /** Of Helm values, also those of an Application: the way to what is changed. */
  readonly key: readonly KeyStep[]
  /** What the file calls the image, where that is not one of its repositories. */
  readonly name?: string
  /** The target whose image it is, where there are several. */
  readonly target?: string
  /** The registry that is pulled from, where there are several. */
  readonly registry?: string
}

const ATTRIBUTES = ['name', 'target', 'registry'] as const

/**
 * Reads a line such as `kustomize:overlays/production/kustomization.yaml`, `helm:values.yaml#web.image.tag` or
 * `image:deployment.yaml,name=old.example/app`.
 * @throws ReleaseError INPUT_INVALID
 */
export function parseManifestEntry(line: string): ManifestEntry {
  const [place = '', ...attributes] = line.trim().split(',')
  const [, kind = '', rest = ''] = /^([^:]*):(.*)$/s.exec(place) ?? []
  const known = KINDS.find(one => one === kind)
  if (known === undefined) throw unknownKind(line, kind)
  const [file = '', key] = rest.split(/#(.*)/s)
  if (known === 'helm' && !key) throw invalid(line, 'Helm values need a key: helm:values.yaml#image.tag')
  if (!['helm', 'argocd'].includes(known) && key !== undefined)
    throw invalid(line, `${known} takes no key behind "#"`)
  return {
    kind: known,
    file: fileIn(line, file),
    key: key === undefined ? [] : stepsOf(line, key),
    ...attributesOf(line, attributes)
  }
}

function unknownKind(line: string, kind: string): ReleaseError {
  const guess = nearest(kind, KINDS)
  return invalid(line, `it starts with one of ${KINDS.join(', ')}${guess ? `; did you mean ${guess}:?` : ''}`)
}

/** A line may come from a stranger's settings: it must not lead out of the repository. */
function fileIn(line: string, file: string): string {
  const parts = file.replace(/^\.\//, '').split('/')
  const isInside = parts.every(part => part !== '' && part !== '.' && part !== '..' && part !== '.git')
  if (isInside && !file.includes('\\') && !/\p{Cc}/u.test(file)) return parts.join('/')
  throw invalid(line, `${JSON.stringify(file)} is not a path from the root of the repository`)
}

/** `web.image.tag`, `images[0].tag`; `\.` is a dot within a key. */
function stepsOf(line: string, key: string): KeyStep[] {
  const steps = key.split(/(?<!\\)\./).flatMap((part): KeyStep[] => {
    const [, name = '', positions = ''] = /^((?:[^[\]]|\\.)*)((?:\[\d+\])*)$/.exec(part) ?? []
    const numbers = [...positions.matchAll(/\d+/g)].map(([number]) => Number(number))
    return [...(name === '' ? [] : [name.replaceAll(String.raw`\.`, '.')]), ...numbers]
  })
  const isWhole = steps.length > 0 && !/^\.|[^\\]\.$|(?<!\\)\.\./.test(key)
  if (isWhole) return steps
  throw invalid(line, `${JSON.stringify(key)} is not a key such as web.image.tag or images[0].tag`)
}

function attributesOf(line: string, texts: readonly string[]): Partial<ManifestEntry> {
  const pairs = texts.map(text => {
    const [, name = '', value = ''] = /^\s*([^=]*)=(.+)$/.exec(text) ?? []
    const known = ATTRIBUTES.find(one => one === name)
    if (known !== undefined) return [known, value.trim()] as const
    const guess = nearest(name, ATTRIBUTES)
    throw invalid(
      line,
      `${JSON.stringify(text)} is not one of ${ATTRIBUTES.map(one => `${one}=…`).join(', ')}${guess ? `; did you mean ${guess}=?` : ''}`
    )
  })
  return Object.fromEntries(pairs)
}

function invalid(line: string, fault: string): ReleaseError {
  return new ReleaseError('INPUT_INVALID', `${JSON.stringify(line.trim())}: ${fault}`)
}
