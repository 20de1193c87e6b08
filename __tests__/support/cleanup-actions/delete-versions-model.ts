import {type Left, type Nodes, leftOf, versionsOf} from './stored-world.js'

/** https://github.com/actions/delete-package-versions/tree/4dbb860504f6d0cde296a192842138c03915746a (after v5) */
export interface DeleteVersionsInputs {
  readonly 'num-old-versions-to-delete'?: string
  readonly 'min-versions-to-keep'?: string
  readonly 'ignore-versions'?: string
  readonly 'delete-only-untagged-versions'?: string
}

/** At most so many go in one run: src/delete.ts RATE_LIMIT */
const AT_MOST = 100

/** What actions/delete-package-versions leaves of a package of containers, by src/delete.ts and src/input.ts. */
export function deleteVersions(nodes: Nodes, inputs: DeleteVersionsInputs): Left {
  const versions = versionsOf(nodes)
  const isUntagged = inputs['delete-only-untagged-versions'] === 'true'
  const ignored = new RegExp(inputs['ignore-versions'] ?? '^$')
  const named = Number(inputs['min-versions-to-keep'] ?? -1)
  const least = isUntagged ? Math.max(0, named) : named
  const chosen = versions
    .filter(({digest, tags}) => !ignored.test(digest) && !(isUntagged && tags.length > 0))
    .sort((one, other) => other.age - one.age)
  const many =
    least < 0
      ? Math.min(chosen.length, Number(inputs['num-old-versions-to-delete'] ?? 1))
      : Math.max(0, chosen.length - least)
  const gone = chosen.slice(0, Math.min(many, AT_MOST))
  return leftOf(versions.filter(one => !gone.includes(one)))
}
