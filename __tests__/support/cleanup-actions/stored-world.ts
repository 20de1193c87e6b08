import {digest} from '../../cleanup/worlds.js'
import type {Node} from '../../cleanup/named-worlds.js'

/** A package as the models of other clean-up actions see it: manifests by their names. */
export type Nodes = Readonly<Record<string, Node>>

/** What a clean-up leaves: manifests by their names, with their tags. */
export type Left = ReadonlyMap<string, readonly string[]>

/** One version of a package, as GitHub's API lists it, and what its manifest says. */
export interface StoredVersion {
  readonly name: string
  readonly digest: string
  readonly tags: string[]
  /** Days before now, of `updated_at` and of `created_at`. */
  readonly age: number
  readonly children: readonly string[] | undefined
  readonly subject: string | undefined
}

/** The versions of a package; what is referred to is a digest. */
export function versionsOf(nodes: Nodes): StoredVersion[] {
  return Object.entries(nodes).map(([name, {tags = [], children, subject, age}]) => ({
    name,
    digest: digest(name),
    tags: [...tags],
    age: age ?? 90,
    children: children?.map(child => digest(child)),
    subject: subject === undefined ? undefined : digest(subject)
  }))
}

/** What is left of some versions. */
export function leftOf(versions: readonly StoredVersion[]): Left {
  return new Map(versions.map(({name, tags}) => [name, [...tags].sort()]))
}

/** Images that people pull: neither part of an index, nor what refers to another manifest. */
export function imagesAmong(nodes: Nodes): string[] {
  const parts = new Set(Object.values(nodes).flatMap(({children = []}) => children))
  return Object.entries(nodes)
    .filter(
      ([name, {subject, tags = []}]) =>
        !parts.has(name) && subject === undefined && !tags.some(tag => tag.startsWith('sha256-'))
    )
    .map(([name]) => name)
}

/** Names of images whose index is there, and a child of which that was there before is not. */
export function brokenIn(left: Left, nodes: Nodes): string[] {
  return [...left.keys()].filter(name =>
    (nodes[name]?.children ?? []).some(child => child in nodes && !left.has(child))
  )
}
