import path from 'node:path'

/** Texts of files by their paths. */
export type Sources = ReadonlyMap<string, string>

const IMPORT =
  /^(?:import|export)\s(?!type\s)[^'"]*?from\s+'(\.[^']+)'|import\(\s*(?:\/\*[^*]*\*\/\s*)?'(\.[^']+)'/gm

/**
 * The files of tests that lead to a source by what they import, the nearest first: those that are most likely to notice a change
 * in it. Of two that are as near, the one in the folder of the same name comes first.
 */
export function relatedTests(file: string, users: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set([file])
  const tests: string[] = []
  for (let ring = [file]; ring.length > 0;) {
    const next = ring.flatMap(member => users.get(member) ?? []).filter(user => !seen.has(user))
    ring = [...new Set(next)]
    for (const user of ring) seen.add(user)
    tests.push(...ring.filter(user => user.endsWith('.test.ts')).toSorted(byFolder(roomOf(file))))
  }
  return tests
}

/** Who imports each file, for more than its types. */
export function usersOf(sources: Sources): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>()
  for (const [user, text] of sources)
    for (const [, statement, call] of text.matchAll(IMPORT)) {
      const used = path.posix.join(
        path.posix.dirname(user),
        (statement ?? call ?? '').replace(/\.js$/, '.ts')
      )
      users.set(used, [...(users.get(used) ?? []), user])
    }
  return users
}

function byFolder(room: string): (a: string, b: string) => number {
  const place = (test: string): number => (roomOf(test) === room ? 0 : 1)
  return (a, b) => place(a) - place(b) || (a < b ? -1 : 1)
}

/** The folder below `src` or `__tests__`. */
function roomOf(file: string): string {
  return file.split('/')[1] ?? ''
}
