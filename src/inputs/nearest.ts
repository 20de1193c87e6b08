import {closest, distance} from 'fastest-levenshtein'

/** The word that was probably meant: the nearest one, if it is near enough to be a slip of the finger. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined
  const guess = closest(word, words)
  return distance(word, guess) <= Math.max(2, Math.floor(word.length / 3)) ? guess : undefined
}
