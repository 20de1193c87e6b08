import {distance} from 'fastest-levenshtein'

/**
 * The word that was probably meant: the nearest one, if it is near enough to be a slip of the finger. Upper and lower
 * case are one.
 */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const guesses = words.map(guess => ({guess, slips: distance(word.toLowerCase(), guess.toLowerCase())}))
  const best = guesses.reduce<(typeof guesses)[number] | undefined>(
    (nearer, one) => (nearer === undefined || one.slips < nearer.slips ? one : nearer),
    undefined
  )
  return best !== undefined && best.slips <= mostSlips(word, best.guess) ? best.guess : undefined
}

/** Two, as for letters that changed places; more in a long word, and never all of a short one. */
function mostSlips(word: string, guess: string): number {
  return Math.min(Math.max(2, Math.floor(word.length / 3)), guess.length - 1)
}
