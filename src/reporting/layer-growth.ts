import type {LayerGrowth, ReportLayer} from './report-data.js'

type SizedLayer = Pick<ReportLayer, 'digest' | 'size' | 'createdBy'>

/** What a layer without a history is called. */
const NAMELESS = 'layers without history'

/**
 * What differs between the layers of two images, by the instruction that made them: layers of the same digest are left
 * out, and so are instructions whose layers have the same size. What grew most stands first.
 */
export function layerGrowth(before: readonly SizedLayer[], now: readonly SizedLayer[]): LayerGrowth[] {
  const same = new Set(before.map(({digest}) => digest))
  const stays = new Set(now.map(({digest}) => digest).filter(digest => same.has(digest)))
  const was = sizesByInstruction(before.filter(({digest}) => !stays.has(digest)))
  const is = sizesByInstruction(now.filter(({digest}) => !stays.has(digest)))
  return [...new Set([...was.keys(), ...is.keys()])]
    .map(createdBy => ({createdBy, before: was.get(createdBy) ?? 0, now: is.get(createdBy) ?? 0}))
    .filter(growth => growth.before !== growth.now)
    .sort((a, b) => b.now - b.before - (a.now - a.before))
}

function sizesByInstruction(layers: readonly SizedLayer[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const {createdBy, size} of layers) {
    const name = instructionOf(createdBy)
    sizes.set(name, (sizes.get(name) ?? 0) + size)
  }
  return sizes
}

/** Build arguments stand before the command in the history (`RUN |2 A=b C=d /bin/sh -c …`): a version there changes each time. */
function instructionOf(createdBy: string | undefined): string {
  return createdBy === undefined ? NAMELESS : createdBy.replace(/^RUN \|\d+ .*?(?= \/bin\/sh -c )/s, 'RUN')
}
