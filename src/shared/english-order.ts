/** Printable ASCII in the order of Unicode's collation, which is that of English; a letter's two cases share a place. */
const ORDER = ' _-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz'

/**
 * Compares as `a.localeCompare(b, 'en')` does. What is ASCII is compared here: the first collator of a process takes a tenth of
 * all the time of a plan to make.
 */
export function compareInEnglish(a: string, b: string): number {
  if (!isPlain(a) || !isPlain(b)) return a.localeCompare(b, 'en')
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = placeOf(a, at) - placeOf(b, at)
    if (difference !== 0) return Math.sign(difference)
  }
  return Math.sign(a.length - b.length) || compareCases(a, b)
}

function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text)
}

function placeOf(text: string, at: number): number {
  return ORDER.indexOf(text.charAt(at).toLowerCase())
}

/** Of two texts with the same letters, the one whose first other letter is small comes first. */
function compareCases(a: string, b: string): number {
  for (let at = 0; at < a.length; at++)
    if (a.charAt(at) !== b.charAt(at)) return a.charAt(at) > b.charAt(at) ? -1 : 1
  return 0
}
