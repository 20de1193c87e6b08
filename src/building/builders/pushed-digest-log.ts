/** `#11 exporting manifest sha256:…`, and `manifest list` for the index around an image and its attestation. */
const EXPORTED = /^#(\d+) exporting manifest(?: list)? (sha256:[0-9a-f]{64})\b/

/** `#11 pushing manifest for ghcr.io/o/app 0.1s done`: all of the image is in the registry then. */
const PUSHED = /^#(\d+) pushing manifest for .* done$/

/**
 * Watches the log of BuildKit (0.12 to 0.31) for the digest that it has pushed, which it says before it goes on with its
 * caches. What a log says is a hint and no more: which digest it was stands in what buildx writes in the end.
 * @param onPushed is called once
 */
export function watchPushedDigest(onPushed: (digest: string) => void): (line: string) => void {
  const exported = new Map<string, string>()
  let isTold = false
  return line => {
    const text = line.trim()
    const [, step, digest] = EXPORTED.exec(text) ?? []
    if (step !== undefined && digest !== undefined) exported.set(step, digest)
    const pushed = exported.get(PUSHED.exec(text)?.[1] ?? '')
    if (pushed === undefined || isTold) return
    isTold = true
    onPushed(pushed)
  }
}
