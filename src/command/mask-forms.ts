/** Shorter texts stand in every other line of a log: a mask of them hides what has to be read, and says what the secret is. */
const SHORTEST = 4

/**
 * The texts of a secret that a log may not show: each line of it, for a log has lines, and the whole in base64, in JSON and
 * in a URL. None has a line break: a runner takes each line of a mask for one of its own, `{` among them.
 */
export function maskForms(secret: string): string[] {
  const whole = secret.trim()
  if (whole.length < SHORTEST) return []
  const lines = secret.split(/\r\n|\r|\n/).map(line => line.trim())
  const written = [
    Buffer.from(secret).toString('base64'),
    JSON.stringify(whole).slice(1, -1),
    encodeURIComponent(whole)
  ]
  return [...new Set([...lines, ...written])].filter(text => text.length >= SHORTEST)
}

/** Each line of a secret that is worth a mask. */
export function maskLines(secret: string): string[] {
  return secret.split(/\r\n|\r|\n/).filter(line => line.trim().length >= SHORTEST)
}
