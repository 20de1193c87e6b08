#!/usr/bin/env node
/**
 * Writes hello-amd64 and hello-arm64: two static Linux programs of a few hundred bytes, made here without a compiler,
 * so that the sample image has a real program for each platform and is built without emulation.
 *
 * Each prints a greeting with its platform, then the file VERSION of its working directory where there is one. With the
 * argument --health it prints nothing. The exit code is 0.
 *
 * The programs are committed. `node make-programs.mjs` writes the same bytes again; `--check` only compares.
 */
import {chmodSync, readFileSync, writeFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

/** Where the one segment lies in memory. */
const BASE = 0x400000
/** ELF header and one program header. */
const HEADERS = 64 + 56

/** A place in the code: everything that jumps to or points at `name` finds it here. */
const label = name => ({size: 0, label: name, bytes: () => []})
const bytes = (...values) => ({size: values.length, bytes: () => values})
const text = value => bytes(...Buffer.from(value, 'latin1'))

const u16 = value => [value & 0xff, (value >> 8) & 0xff]
const u32 = value => [...u16(value & 0xffff), ...u16(value >>> 16)]
const u64 = value => [...u32(value >>> 0), ...u32(Math.floor(value / 2 ** 32))]

/** x86-64: instructions vary in length; a short jump counts from the end of itself. */
const amd64 = {
  machine: 62, // EM_X86_64
  align: 0x1000,
  jump: (opcode, to) => ({size: 2, bytes: (at, find) => [opcode, (find(to) - at - 2) & 0xff]}),
  /** mov r32, address: opcode and the address of a label. */
  point: (opcode, to) => ({size: 5, bytes: (at, find) => [opcode, ...u32(find(to))]}),
  /** mov r32, number */
  load: (opcode, number) => bytes(opcode, ...u32(number))
}

/** AArch64: every instruction is one little-endian word; a distance counts in words from the instruction itself. */
const arm64 = {
  machine: 183, // EM_AARCH64
  align: 0x10000,
  word: value => bytes(...u32(value)),
  /** Branches and the load of a literal keep their distance in bits 5 to 23. */
  jump: (word, to) => ({
    size: 4,
    bytes: (at, find) => u32((word | ((((find(to) - at) / 4) & 0x7ffff) << 5)) >>> 0)
  }),
  /** adr xN, label: the low two bits of the distance in bits 29 and 30, the others in bits 5 to 23. */
  point: (register, to) => ({
    size: 4,
    bytes: (at, find) => {
      const distance = find(to) - at
      return u32((0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5) | register) >>> 0)
    }
  }),
  /** mov xN, number */
  load: (register, number) => bytes(...u32((0xd2800000 | (number << 5) | register) >>> 0))
}

/** When a program starts, the stack holds: number of arguments, name of the program, first argument … */
function codeForAmd64(greeting) {
  const {jump, point, load} = amd64
  const syscall = bytes(0x0f, 0x05)
  return [
    bytes(0x48, 0x83, 0x3c, 0x24, 0x02), // cmp qword [rsp], 2
    jump(0x7c, 'greet'), // jl greet
    bytes(0x48, 0x8b, 0x44, 0x24, 0x10), // mov rax, [rsp+16]
    bytes(0x48, 0xb9),
    text('--health'), // mov rcx, "--health"
    bytes(0x48, 0x39, 0x08), // cmp [rax], rcx
    jump(0x75, 'greet'), // jne greet
    bytes(0x80, 0x78, 0x08, 0x00), // cmp byte [rax+8], 0
    jump(0x74, 'exit'), // je exit
    label('greet'),
    load(0xbf, 1), // mov edi, 1: standard output
    point(0xbe, 'greeting'), // mov esi, greeting
    load(0xba, greeting.length), // mov edx, its length
    load(0xb8, 1), // mov eax, 1: write
    syscall,
    point(0xbf, 'path'), // mov edi, path
    bytes(0x31, 0xf6), // xor esi, esi: to read only
    load(0xb8, 2), // mov eax, 2: open
    syscall,
    bytes(0x85, 0xc0), // test eax, eax
    jump(0x78, 'exit'), // js exit: there is no such file
    bytes(0x89, 0xc7), // mov edi, eax
    bytes(0x48, 0x83, 0xec, 0x40), // sub rsp, 64
    bytes(0x48, 0x89, 0xe6), // mov rsi, rsp
    load(0xba, 64), // mov edx, 64
    bytes(0x31, 0xc0), // xor eax, eax: read
    syscall,
    bytes(0x85, 0xc0), // test eax, eax
    jump(0x7e, 'exit'), // jle exit: it is empty
    bytes(0x89, 0xc2), // mov edx, eax
    load(0xbf, 1), // mov edi, 1
    load(0xb8, 1), // mov eax, 1: write
    syscall,
    label('exit'),
    bytes(0x31, 0xff), // xor edi, edi
    load(0xb8, 60), // mov eax, 60: exit
    syscall,
    label('greeting'),
    text(greeting),
    label('path'),
    text('VERSION\0')
  ]
}

function codeForArm64(greeting) {
  const {word, jump, point, load} = arm64
  const systemCall = number => [load(8, number), word(0xd4000001)] // mov x8, number; svc #0
  return [
    word(0xf94003e0), // ldr x0, [sp]
    word(0xf100081f), // cmp x0, #2
    jump(0x5400000b, 'greet'), // b.lt greet
    word(0xf9400be1), // ldr x1, [sp, #16]
    jump(0x58000002, 'health'), // ldr x2, health
    word(0xf9400023), // ldr x3, [x1]
    word(0xeb03005f), // cmp x2, x3
    jump(0x54000001, 'greet'), // b.ne greet
    word(0x39402023), // ldrb w3, [x1, #8]
    jump(0x34000003, 'exit'), // cbz w3, exit
    label('greet'),
    load(0, 1), // mov x0, #1: standard output
    point(1, 'greeting'), // adr x1, greeting
    load(2, greeting.length), // mov x2, its length
    ...systemCall(64), // write
    word(0x92800c60), // mov x0, #-100: the working directory
    point(1, 'path'), // adr x1, path
    load(2, 0), // mov x2, #0: to read only
    ...systemCall(56), // openat
    word(0xf100001f), // cmp x0, #0
    jump(0x5400000b, 'exit'), // b.lt exit: there is no such file
    word(0xd10103ff), // sub sp, sp, #64
    word(0x910003e1), // mov x1, sp
    load(2, 64), // mov x2, #64
    ...systemCall(63), // read
    word(0xf100001f), // cmp x0, #0
    jump(0x5400000d, 'exit'), // b.le exit: it is empty
    word(0xaa0003e2), // mov x2, x0
    load(0, 1), // mov x0, #1
    ...systemCall(64), // write
    label('exit'),
    load(0, 0), // mov x0, #0
    ...systemCall(93), // exit
    label('health'),
    text('--health'),
    label('greeting'),
    text(greeting),
    label('path'),
    text('VERSION\0')
  ]
}

/** Lays the parts out behind the headers, then writes each with the addresses of all labels known. */
function assemble(parts) {
  const places = new Map()
  let end = BASE + HEADERS
  const placed = parts.map(part => {
    const at = end
    if (part.label) places.set(part.label, at)
    end += part.size
    return {part, at}
  })
  return placed.flatMap(({part, at}) => part.bytes(at, name => places.get(name)))
}

/** An ELF file with one segment, readable and executable, that is the whole file (System V ABI, "Object Files"). */
function elfFile({machine, align}, code) {
  const size = HEADERS + code.length
  return Buffer.from([
    ...[0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], // 64 bits, little-endian, version 1
    ...[u16(2), u16(machine), u32(1)].flat(), // executable
    ...[u64(BASE + HEADERS), u64(64), u64(0)].flat(), // entry, program headers, no section headers
    ...[u32(0), u16(64), u16(56), u16(1), u16(0), u16(0), u16(0)].flat(),
    ...[u32(1), u32(5), u64(0), u64(BASE), u64(BASE), u64(size), u64(size), u64(align)].flat(), // load, r-x
    ...code
  ])
}

const programs = {
  'hello-amd64': elfFile(amd64, assemble(codeForAmd64('Hello from linux/amd64\n'))),
  'hello-arm64': elfFile(arm64, assemble(codeForArm64('Hello from linux/arm64\n')))
}

for (const [name, content] of Object.entries(programs)) {
  const file = fileURLToPath(new URL(name, import.meta.url))
  if (process.argv.includes('--check')) {
    if (!content.equals(readFileSync(file))) throw new Error(`${name} is not what this generator writes`)
  } else {
    writeFileSync(file, content)
    chmodSync(file, 0o755)
  }
}
