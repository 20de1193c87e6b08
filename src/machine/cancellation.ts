import {ReleaseError} from '../errors.js'

/** A signal that fires when this process is told to stop, and the way to stop listening. */
export interface Cancellation {
  readonly signal: AbortSignal
  stop(): void
}

/** Listens for SIGINT and SIGTERM, which a runner sends 7.5 s and 10 s before it kills. */
export function listenForCancellation(): Cancellation {
  const controller = new AbortController()
  const cancel = (name: NodeJS.Signals): void => {
    controller.abort(new ReleaseError('CANCELLED', `cancelled by ${name}`))
  }
  process.on('SIGINT', cancel)
  process.on('SIGTERM', cancel)
  return {
    signal: controller.signal,
    stop() {
      process.off('SIGINT', cancel)
      process.off('SIGTERM', cancel)
    }
  }
}
