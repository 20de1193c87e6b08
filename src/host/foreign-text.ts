/**
 * A branch, a registry's message or the line of a build may look like a command to a runner, `::stop-commands::` or the
 * older `##[add-mask]`, which it would obey wherever it comes from (@actions/core prints it as it is). Before it looks for
 * the colons a runner drops all that .NET calls white space (actions/runner, ActionCommand.cs, `TrimStart`): what `\s` is here,
 * and U+0085. The older form it finds anywhere in a line.
 */
export function withoutCommands(text: string): string {
  return text.replace(/^([\s\u0085]*):(?=:)/gm, '$1: ').replaceAll('##[', '## [')
}

/**
 * What would move a terminal's cursor, clear it or name its window, taken out of a text that others wrote. Colours stay: they
 * are the builders'.
 */
export function withoutControls(text: string): string {
  return text
    .replace(OSC, '')
    .replace(CSI, sequence => (sequence.endsWith('m') ? sequence : ''))
    .replace(CONTROLS, '')
}

/** ECMA-48: an operating system command with its end, and a control sequence. */
const OSC = /(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?/g
const CSI = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/g
/** All but tab, line feed, carriage return, and the escape that begins a colour. */
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[0-9;]*m)/g
