import type {PlatformLook} from './looks.js'
import type {ReportLayer} from './report-data.js'

/** Every layer once: images of one release share most of theirs. */
export class LayerTable {
  readonly layers: ReportLayer[] = []
  readonly #places = new Map<string, number>()

  /** The places of the layers of a platform. */
  placesOf({layers}: Pick<PlatformLook, 'layers'>): number[] {
    return layers.map(layer => {
      const known = this.#places.get(layer.digest)
      if (known !== undefined) return known
      this.#places.set(layer.digest, this.layers.length)
      this.layers.push({...layer, ...createdByOf(layer)})
      return this.layers.length - 1
    })
  }
}

/** Heredocs of a whole script stand in some histories. */
const MAX_INSTRUCTION = 400

function createdByOf({createdBy}: ReportLayer): Pick<ReportLayer, 'createdBy'> {
  if (createdBy === undefined || createdBy.length <= MAX_INSTRUCTION) return {}
  return {createdBy: `${createdBy.slice(0, MAX_INSTRUCTION)}…`}
}
