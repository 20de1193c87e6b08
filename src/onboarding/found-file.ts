/** A file that was found, with its text. */
export interface FoundFile {
  /** From the root of the repository. */
  readonly file: string
  readonly text: string
}

/** Texts by their paths from the root of the repository. */
export type NamedFiles = ReadonlyMap<string, string>
