import {type Left, type Nodes, type StoredVersion, leftOf, versionsOf} from './stored-world.js'

/** https://github.com/snok/container-retention-policy/tree/d3bdcf5ce9b05f685154e4a16c39233b245e3d53 (v3.1.0) */
export interface RetentionPolicyInputs {
  readonly 'image-tags'?: string
  readonly 'skip-shas'?: string
  readonly 'tag-selection'?: string
  readonly 'keep-n-most-recent'?: string
  /** In days, `14d`: the model reads nothing else. */
  readonly 'cut-off': string
}

/** What snok/container-retention-policy leaves of a package, by src/core/select_package_versions.rs and its filters. */
export function retentionPolicy(nodes: Nodes, inputs: RetentionPolicyInputs): Left {
  const versions = versionsOf(nodes)
  const selection = inputs['tag-selection'] ?? 'both'
  const old = versions.filter(
    ({digest, age}) =>
      !wordsIn(inputs['skip-shas']).includes(digest) && age > Number.parseInt(inputs['cut-off'])
  )
  const untagged = selection === 'tagged' ? [] : old.filter(({tags}) => tags.length === 0)
  const tagged =
    selection === 'untagged' ? [] : old.filter(one => one.tags.length > 0 && isMatched(one, inputs))
  const going = tagged
    .sort((one, other) => one.age - other.age)
    .slice(Number(inputs['keep-n-most-recent'] ?? 0))
  // src/core/filter_out_multi_arch_children.rs: children of what stays with a tag
  const kept = versions.filter(one => one.tags.length > 0 && !going.includes(one))
  const children = new Set(kept.flatMap(one => one.children ?? []))
  const gone = new Set([...untagged, ...going].filter(({digest}) => !children.has(digest)))
  return leftOf(versions.filter(one => !gone.has(one)))
}

/** All tags have to match, and none what begins with `!`: filter_by_matchers. */
function isMatched({tags}: StoredVersion, inputs: RetentionPolicyInputs): boolean {
  const words = wordsIn(inputs['image-tags'])
  if (words.length === 0) return true
  const negative = words.filter(word => word.startsWith('!')).map(word => wild(word.slice(1)))
  const positive = words.filter(word => !word.startsWith('!')).map(wild)
  if (tags.some(tag => negative.some(matches => matches(tag)))) return false
  return positive.length === 0 || tags.every(tag => positive.some(matches => matches(tag)))
}

function wordsIn(text = ''): string[] {
  return text.split(/[,\s]+/).filter(word => word !== '')
}

/** The crate wildmatch: `*` for anything, `?` for one character. */
function wild(pattern: string): (text: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`, 's')
  return text => expression.test(text)
}
