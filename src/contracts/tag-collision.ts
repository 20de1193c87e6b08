import {ReleaseError} from '../errors.js'
import type {PlannedTarget} from './plan.js'

/**
 * Two targets must never claim one tag of one repository: the later one would silently replace the earlier.
 * @throws ReleaseError TAG_COLLISION with every tag that is claimed twice
 */
export function assertNoCollision(targets: readonly Pick<PlannedTarget, 'name' | 'images' | 'tags'>[]): void {
  const owners = new Map<string, string>()
  const faults: string[] = []
  for (const {name, images, tags} of targets)
    for (const reference of images.flatMap(image => tags.map(tag => `${image}:${tag.name}`))) {
      const owner = owners.get(reference)
      if (owner === undefined) owners.set(reference, name)
      else faults.push(`${reference} is claimed by ${owner} and ${name}`)
    }
  if (faults.length === 0) return
  throw new ReleaseError('TAG_COLLISION', faults.join('; '), {
    hint: 'Give each target a repository of its own, or a prefix or suffix in the flavor.'
  })
}
