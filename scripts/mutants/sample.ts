/** So many of a list, in an order by chance: the same for the same generator. */
export function drawSample<T>(list: readonly T[], count: number, random: () => number): T[] {
  const left = [...list]
  const drawn: T[] = []
  while (drawn.length < count && left.length > 0)
    drawn.push(...left.splice(Math.floor(random() * left.length), 1))
  return drawn
}
