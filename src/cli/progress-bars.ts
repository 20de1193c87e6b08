import type CliProgress from 'cli-progress'
import type {MultiBar, SingleBar} from 'cli-progress'
import type {Activity, Progress} from '../ports.js'
import {transferText} from '../shared/transfer.js'
import {systemClock} from '../machine/clock.js'

/** Bars at the foot of a terminal, one for each upload under way, and lines of what runs side by side. */
export interface ProgressBars {
  readonly open: (title: string, bytes: number) => Progress
  readonly activity: (title: string) => Activity
  /** Writes above the bars; false where none is shown, so that there is nothing to be careful of. */
  readonly write: (text: string) => boolean
}

/** What is drawn now; a new one is begun after the last bar of one came to its end. */
interface Drawing {
  readonly bars: MultiBar
  /** How many uploads and activities are under way. */
  open: number
  /** Lines that are drawn, those of what is over among them. */
  lines: number
}

interface DrawingState {
  drawing?: Drawing | undefined
}

/** Bars on this stream. What draws them is loaded with the first of them. */
export function progressBars(stream: NodeJS.WriteStream): ProgressBars {
  const state: DrawingState = {}
  return {
    open: (title, bytes) => openBar({title, bytes, stream}, state),
    activity: title => openActivity({title, stream}, state),
    write(text) {
      state.drawing?.bars.log(text)
      return state.drawing !== undefined
    }
  }
}

interface BarOptions {
  readonly title: string
  readonly bytes: number
  readonly stream: NodeJS.WriteStream
}

function openBar({title, bytes, stream}: BarOptions, state: DrawingState): Progress {
  const own: {arrived: number; isOver: boolean; bar?: SingleBar} = {arrived: 0, isOver: false}
  const begun = systemClock.now()
  const told = () => ({
    title,
    transfer: transferText({arrived: own.arrived, total: bytes, elapsed: systemClock.now() - begun})
  })
  void import('cli-progress').then(({default: library}) => {
    if (own.isOver) return
    const bars = join(state, library, stream)
    if (bars === undefined) own.isOver = true
    else own.bar = bars.create(bytes, own.arrived, told())
  })
  return {
    advance(more) {
      own.arrived += more
      own.bar?.update(own.arrived, told())
    },
    end() {
      own.isOver = true
      if (own.bar !== undefined) leave(state)
    }
  }
}

/** A line without a bar: what is done, and for how long. */
function openActivity({title, stream}: Omit<BarOptions, 'bytes'>, state: DrawingState): Activity {
  const own: {text: string; isOver: boolean; bar?: SingleBar} = {text: '', isOver: false}
  const say = (text: string): void => {
    own.text = text
    own.bar?.update(own.isOver ? 1 : 0, {text})
  }
  void import('cli-progress').then(({default: library}) => {
    if (own.isOver) return
    const bars = join(state, library, stream)
    if (bars !== undefined) own.bar = bars.create(1, 0, {title, text: own.text}, {format: ACTIVITY})
  })
  return {
    doing: text => {
      if (!own.isOver) say(text)
    },
    end(text) {
      if (own.isOver) return
      own.isOver = true
      say(text)
      if (own.bar !== undefined) leave(state)
    }
  }
}

const ACTIVITY = '{duration_formatted}  {title}  {text}'

/** The drawing of now; undefined where the terminal has no line left for one more, which could not be taken back. */
function join(
  state: DrawingState,
  library: typeof CliProgress,
  stream: NodeJS.WriteStream
): MultiBar | undefined {
  state.drawing ??= {bars: newBars(library, stream), open: 0, lines: 0}
  // Some terminals do not tell their size.
  if (stream.rows > 0 && state.drawing.lines + 1 >= stream.rows) return undefined
  state.drawing.open += 1
  state.drawing.lines += 1
  return state.drawing.bars
}

/** The last one that leaves takes the bars away; what was written meanwhile stays. */
function leave(state: DrawingState): void {
  const {drawing} = state
  if (drawing === undefined) return
  drawing.open -= 1
  if (drawing.open > 0) return
  state.drawing = undefined
  drawing.bars.update()
  drawing.bars.stop()
}

function newBars(library: typeof CliProgress, stream: NodeJS.WriteStream): MultiBar {
  return new library.MultiBar(
    {
      stream,
      format: '{bar} {percentage} %  {title}  {transfer}',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      // A signal ends the run in its own way, which puts back what was moved.
      gracefulExit: false
    },
    library.Presets.shades_classic
  )
}
