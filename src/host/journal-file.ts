/** Bytes of a journal that is read: a thousand tags. */
export const MAX_JOURNAL = 1024 * 1024

/** The name of the file of a journal, without `.json`: any version is one, and none leads out of its folder. */
export function journalStem(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._+-]|^\.+/g, '-')
}
