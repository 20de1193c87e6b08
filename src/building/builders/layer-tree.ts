import path from 'node:path'
import type {ElfHead} from '../../oci/elf-head.js'

/** What is at a path, as far as it says what runs there. */
export type TreeEntry =
  | {readonly kind: 'program'; readonly head: ElfHead}
  | {readonly kind: 'script'; readonly line: string}
  | {readonly kind: 'link'; readonly target: string}
  | {readonly kind: 'other'}

/** An entry, and the layer that it came with. */
export interface PlacedEntry {
  readonly path: string
  readonly entry: TreeEntry
  /** Counted from the lowest, 0. */
  readonly layer: number
}

/** Symbolic links that are followed, as Linux has it (path_resolution(7), MAXSYMLINKS). */
const MOST_LINKS = 40

/**
 * The files of an image as far as its layers are read, from the uppermost down: what an upper layer has or takes away hides what
 * lower ones have (image-spec layer.md, "Whiteouts"). Paths have no slash in front.
 */
export class LayerTree {
  readonly #entries = new Map<string, PlacedEntry>()
  readonly #hidden = new Set<string>()
  readonly #emptied = new Set<string>()
  readonly #mostEntries: number

  constructor(mostEntries: number) {
    this.#mostEntries = mostEntries
  }

  /** Whether it holds as much as it may: what comes after is not taken. */
  get isFull(): boolean {
    return this.#entries.size + this.#hidden.size + this.#emptied.size >= this.#mostEntries
  }

  /** Lays one more layer below those that are there. */
  addBelow(layer: number, entries: ReadonlyMap<string, TreeEntry>): void {
    for (const [file, entry] of entries) {
      if (this.isFull) return
      if (isWhiteout(file) || this.#entries.has(file) || this.#isHidden(file)) continue
      this.#entries.set(file, {path: file, entry, layer})
    }
    // What a layer takes away is of those below it, not its own.
    for (const file of entries.keys()) this.#hide(file)
  }

  /** Everything at the path itself, with links followed; undefined where nothing is known of it. */
  find(file: string): PlacedEntry | undefined {
    let at = clean(file)
    for (let followed = 0; followed < MOST_LINKS; followed++) {
      const found = this.#entries.get(at)
      if (found !== undefined && found.entry.kind !== 'link') return found
      const next = found?.entry.kind === 'link' ? targetOf(at, found.entry.target) : this.#throughFolder(at)
      if (next === undefined) return undefined
      at = next
    }
    return undefined
  }

  /** The programs below the folders. */
  *programs(folders: ReadonlySet<string>): Iterable<PlacedEntry & {readonly entry: {kind: 'program'}}> {
    for (const placed of this.#entries.values())
      if (placed.entry.kind === 'program' && folders.has(path.posix.dirname(placed.path)))
        yield placed as PlacedEntry & {readonly entry: {kind: 'program'; head: ElfHead}}
  }

  /** `bin` may lead to `usr/bin`. */
  #throughFolder(file: string): string | undefined {
    for (const folder of foldersOf(file)) {
      const found = this.#entries.get(folder)
      if (found?.entry.kind === 'link')
        return clean(path.posix.join(targetOf(folder, found.entry.target), file.slice(folder.length)))
    }
    return undefined
  }

  #isHidden(file: string): boolean {
    const folders = foldersOf(file)
    return (
      this.#hidden.has(file) ||
      folders.some(folder => this.#hidden.has(folder) || this.#emptied.has(folder)) ||
      folders.some(folder => this.#entries.has(folder))
    )
  }

  #hide(file: string): void {
    if (!isWhiteout(file) || this.isFull) return
    const folder = path.posix.dirname(file)
    const name = path.posix.basename(file)
    if (name === OPAQUE) this.#emptied.add(folder)
    else this.#hidden.add(path.posix.join(folder, name.slice(WHITEOUT.length)))
  }
}

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'

/** Whether an entry of a layer takes away what lower ones have. */
export function isWhiteout(file: string): boolean {
  return path.posix.basename(file).startsWith(WHITEOUT)
}

/** The one spelling of a path in a layer: from the root, without a slash in front or behind. */
export function clean(file: string): string {
  return path.posix.join('/', file).replace(/^\/+|\/+$/g, '')
}

function targetOf(link: string, target: string): string {
  return clean(path.posix.isAbsolute(target) ? target : path.posix.join(path.posix.dirname(link), target))
}

/** The folders above a path, the uppermost first. */
function foldersOf(file: string): string[] {
  const parts = file.split('/')
  return parts.slice(1).map((_part, at) => parts.slice(0, at + 1).join('/'))
}
