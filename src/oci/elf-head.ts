/** What the head of a program says: which machine it is for, and what loads it (gABI, "ELF Header"; elf(5)). */
export interface ElfHead {
  /** `e_machine` */
  readonly machine: number
  readonly bits: 32 | 64
  readonly isLittleEndian: boolean
  /** The path of its loader (PT_INTERP); undefined for one that needs none, or has it further back than was read. */
  readonly loader?: string
}

/** How many bytes of a file are enough: linkers put the program headers and the name of the loader right behind the head. */
export const ELF_HEAD_SIZE = 4096

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
/** The type of the program header that names the loader. */
const PT_INTERP = 3
/** Far more than a program has; a hostile head may claim 65,535. */
const MOST_HEADERS = 64

/** Reads the head of a program; undefined where the bytes begin no ELF file. */
export function readElfHead(bytes: Buffer): ElfHead | undefined {
  const [bitsByte, orderByte] = [bytes[4], bytes[5]]
  const isKnown = (bitsByte === 1 || bitsByte === 2) && (orderByte === 1 || orderByte === 2)
  if (bytes.length < 52 || !bytes.subarray(0, 4).equals(MAGIC) || !isKnown) return undefined
  const isLittleEndian = orderByte === 1
  const machine = isLittleEndian ? bytes.readUInt16LE(18) : bytes.readUInt16BE(18)
  const head = {machine, bits: bitsByte === 2 ? 64 : 32, isLittleEndian} as const
  const loader = loaderOf(bytes, head)
  return loader === undefined ? head : {...head, loader}
}

/** Offsets are those of Elf32_Ehdr, Elf64_Ehdr, Elf32_Phdr and Elf64_Phdr. */
function loaderOf(bytes: Buffer, {bits, isLittleEndian}: ElfHead): string | undefined {
  const is64 = bits === 64
  const number = (offset: number, size: 2 | 4 | 8): number => {
    if (offset < 0 || offset + size > bytes.length) return -1
    if (size === 8)
      return Number(isLittleEndian ? bytes.readBigUInt64LE(offset) : bytes.readBigUInt64BE(offset))
    return isLittleEndian ? bytes.readUIntLE(offset, size) : bytes.readUIntBE(offset, size)
  }
  const word = is64 ? 8 : 4
  const [table, entrySize, count] = [
    number(is64 ? 32 : 28, word),
    number(is64 ? 54 : 42, 2),
    number(is64 ? 56 : 44, 2)
  ]
  for (let at = 0; at < Math.min(count, MOST_HEADERS); at++) {
    const entry = table + at * entrySize
    if (number(entry, 4) !== PT_INTERP) continue
    const start = number(entry + (is64 ? 8 : 4), word)
    const size = number(entry + (is64 ? 32 : 16), word)
    if (start < 0 || size < 2 || start + size > bytes.length) return undefined
    return bytes.toString('latin1', start, start + size).replace(/\0[^]*$/, '')
  }
  return undefined
}

/** How the architectures of platforms (GOARCH) stand in ELF: `e_machine`, bits, byte order. */
const ARCHITECTURES: readonly (readonly [name: string, machine: number, bits: 32 | 64, little: boolean])[] = [
  ['386', 3, 32, true],
  ['mips64le', 8, 64, true],
  ['mips64', 8, 64, false],
  ['mipsle', 8, 32, true],
  ['mips', 8, 32, false],
  ['ppc64le', 21, 64, true],
  ['ppc64', 21, 64, false],
  ['s390x', 22, 64, false],
  ['arm', 40, 32, true],
  ['amd64', 62, 64, true],
  ['amd64', 62, 32, true],
  ['arm64', 183, 64, true],
  ['riscv64', 243, 64, true],
  ['loong64', 258, 64, true]
]

/** The architecture that a program is for, as platforms name it; `ELF machine 94` for one that none has. */
export function architectureOf({machine, bits, isLittleEndian}: ElfHead): string {
  const found = ARCHITECTURES.find(
    each => each[1] === machine && each[2] === bits && each[3] === isLittleEndian
  )
  return found?.[0] ?? `ELF machine ${machine}, ${bits} bits, ${isLittleEndian ? 'little' : 'big'}-endian`
}

/** Whether programs of the architecture are ELF files that can be told from others. */
export function isElfArchitecture(architecture: string): boolean {
  return ARCHITECTURES.some(([name]) => name === architecture)
}

/** What machines of an architecture run beside their own, as containerd takes it (platforms, compare.go). */
const RUNS_TOO: Readonly<Record<string, readonly string[]>> = {amd64: ['386'], arm64: ['arm']}

/** Whether programs for one architecture run on machines of another: `same`, on `most` of them, or on `none`. */
export function runsOn(program: string, architecture: string): 'same' | 'most' | 'none' {
  if (program === architecture) return 'same'
  return RUNS_TOO[architecture]?.includes(program) === true ? 'most' : 'none'
}
