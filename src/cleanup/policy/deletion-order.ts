import type {Digest} from '../../oci/digest.js'
import type {Links} from './reachability.js'

/**
 * Sorts manifests into waves: whatever leads to another stands in an earlier wave, so that an index goes before its
 * children and an image before its signatures. A stop between two waves leaves nothing behind that names what is gone.
 */
export function deletionWaves(going: ReadonlySet<Digest>, links: Links): Digest[][] {
  const waiting = new Map<Digest, number>([...going].map(digest => [digest, 0]))
  const targets = (digest: Digest): readonly Digest[] =>
    links.of(digest).filter(target => target !== digest && waiting.has(target))
  for (const digest of going)
    for (const target of targets(digest)) waiting.set(target, (waiting.get(target) ?? 0) + 1)
  const waves: Digest[][] = []
  let wave = [...going].filter(digest => waiting.get(digest) === 0)
  while (wave.length > 0) {
    waves.push(wave)
    const next: Digest[] = []
    for (const digest of wave)
      for (const target of targets(digest)) {
        const left = (waiting.get(target) ?? 0) - 1
        waiting.set(target, left)
        if (left === 0) next.push(target)
      }
    wave = next
  }
  // Digests cannot name each other in a circle; a listing that says so is deleted last, in any order.
  const circles = [...waiting].filter(([, left]) => left > 0).map(([digest]) => digest)
  return circles.length === 0 ? waves : [...waves, circles]
}
