import {homedir} from 'node:os'

/** The home of this user; undefined for a user whom the machine does not know, as in a container with a number for a user. */
export function ownHome(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}
