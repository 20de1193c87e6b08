import fc from 'fast-check'

/** What random tests begin with, so that a change is tested with what its author tested it with. */
const DEFAULT_SEED = 20_261_127

/** The seed of every random test: `FC_SEED=n` repeats one, `FC_SEED=random` takes a new one and prints it. */
export const SEED = seedOf(process.env['FC_SEED'])

fc.configureGlobal({seed: SEED})

/** fast-check, with the seed of this run. Tests take it from here. */
export {fc}

/** A number from 0 up to 1, by the seed of this run: the same in every run of the same test. */
export const random = generatorOf(SEED)

function seedOf(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_SEED
  if (text === 'random') return announced(Math.trunc(Math.random() * 0x7fff_ffff))
  if (!/^-?\d+$/.test(text)) throw new Error(`FC_SEED is a whole number or random, not ${text}`)
  return Number(text)
}

function announced(seed: number): number {
  process.stderr.write(`random tests: FC_SEED=${seed}\n`)
  return seed
}

/** Numbers from 0 up to 1, the same for the same seed: the generator mulberry32, which is enough for pauses and names. */
export function generatorOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
