/**
 * What the runner takes for a secret in a text: each value as it is, its lines, and what common encodings make of it
 * (github.com/actions/runner, Worker.InitializeSecretMasker, HostContext, ValueEncoders, AddMaskCommandExtension).
 * @param secrets the values that a job received, and those of its `add-mask` commands
 */
export function secretMasks(secrets: readonly string[]): readonly string[] {
  const values = secrets.flatMap(secret => [
    secret.trim(),
    ...secret.split(/[\r\n]+/).map(line => line.trim())
  ])
  const masks = values.filter(value => value !== '').flatMap(value => [value, ...encodings(value)])
  return [...new Set(masks.filter(mask => mask !== ''))]
}

/** Whether the runner would change the text to hide something, for which it drops a job's output (JobExtension.FinalizeJob). */
export function holdsSecret(text: string, masks: readonly string[]): boolean {
  return masks.some(mask => text.includes(mask))
}

function encodings(value: string): string[] {
  return [
    ...[0, 1, 2].flatMap(shift => base64(value, shift)),
    value.replaceAll("'", "''"),
    value.replaceAll('"', '\\"'),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    value.replace(/[&<>"']/g, character => XML[character] ?? character),
    value.length > 8 && /^".*"$/s.test(value) ? value.slice(1, -1) : ''
  ]
}

const XML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;'
}

/** Of a longer text, the value may stand at any place: what of it fills whole groups is the same wherever it ends. */
function base64(value: string, shift: number): string[] {
  const bytes = Buffer.from(value).subarray(shift)
  return [bytes, bytes.subarray(0, bytes.length - (bytes.length % 3))].map(part => part.toString('base64'))
}
