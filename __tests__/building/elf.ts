/** The values of `e_machine` and of the bytes before it (gABI, "ELF Header"; elf.h of glibc). */
const MACHINES = {
  '386': [3, 32, true],
  amd64: [62, 64, true],
  arm: [40, 32, true],
  arm64: [183, 64, true],
  ppc64le: [21, 64, true],
  riscv64: [243, 64, true],
  s390x: [22, 64, false],
  mips64: [8, 64, false],
  mips64le: [8, 64, true]
} as const

export type ElfName = keyof typeof MACHINES

/** A file that begins as a program for an architecture does, with a loader where one is named. */
export function elf(name: ElfName, loader?: string): Buffer {
  const [machine, bits, little] = MACHINES[name]
  const is64 = bits === 64
  const bytes = Buffer.alloc(512)
  const put = (value: number, offset: number, size: 2 | 4): void => {
    if (little) bytes.writeUIntLE(value, offset, size)
    else bytes.writeUIntBE(value, offset, size)
  }
  /** Of an address, the low half is what is not zero here. */
  const address = (value: number, offset: number): void => put(value, offset + (is64 && !little ? 4 : 0), 4)
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, little ? 1 : 2, 1]).copy(bytes)
  put(2, 16, 2)
  put(machine, 18, 2)
  if (loader === undefined) return bytes
  address(is64 ? 64 : 52, is64 ? 32 : 28)
  put(is64 ? 56 : 32, is64 ? 54 : 42, 2)
  put(1, is64 ? 56 : 44, 2)
  const entry = is64 ? 64 : 52
  put(3, entry, 4)
  address(256, entry + (is64 ? 8 : 4))
  address(loader.length + 1, entry + (is64 ? 32 : 16))
  bytes.write(loader, 256, 'latin1')
  return bytes
}
