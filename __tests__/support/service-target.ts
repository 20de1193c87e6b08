import type {BuildSettings} from '../../src/contracts/plan.js'
import type {ServiceTarget} from '../../src/planning/targets/changed-targets.js'

/** A target without images and tags, of which only its name and what it is built from matter. */
export function serviceTarget(name: string, build?: BuildSettings, service?: string): ServiceTarget {
  return {
    service,
    target: {
      name,
      images: [],
      tags: [],
      builds: [],
      labels: {},
      annotations: {},
      ...(build === undefined ? {} : {build})
    }
  }
}
