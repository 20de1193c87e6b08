import type {BuildInputs} from './inputs/build-inputs.js'

/** Whether an attestation of provenance tells all: with `mode=max` BuildKit writes down arguments, the Containerfile and every step. */
const TELLS_ALL = /(?:^|,)mode=max(?:,|$)/

/**
 * What whoever pulls the image reads in its provenance; undefined where that is nothing of the inputs
 * (docs.docker.com, "SLSA definitions": `mode=max` exposes the values of build arguments).
 */
export function provenanceNote(
  {provenance = '', attests, 'build-args': given}: Pick<BuildInputs, 'provenance' | 'attests' | 'build-args'>,
  planned: readonly string[]
): string | undefined {
  const isAll = [provenance, ...attests.filter(entry => /(?:^|,)type=provenance(?:,|$)/.test(entry))].some(
    entry => TELLS_ALL.test(entry)
  )
  const names = [...new Set([...planned, ...given].map(line => line.replace(/=[^]*$/, '')))]
  if (!isAll || names.length === 0) return undefined
  return `Provenance with mode=max is public with the image, and holds the values of the build arguments ${names.join(', ')}: secrets belong into secrets. With mode=min it holds none; the history of the image has them either way.`
}
